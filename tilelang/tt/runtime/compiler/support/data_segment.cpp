// One word of data that no linker may drop. A program without any would have no data segment,
// since lld leaves empty ones out, and TT-metal's loader says "cannot find segment" then.
[[gnu::used, gnu::retain]] static int data_segment;
