// What firmware needs besides, included after everything else.
#pragma once

// crt0 calls main by its C name, and freestanding C++ mangles it.
int firmware_main() __asm__("main");
int firmware_main(int, char**) __asm__("main");
#define main firmware_main
