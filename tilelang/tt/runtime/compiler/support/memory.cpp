// The functions that clang calls without being asked to, for cores that have no C library.
// Compiled with -fno-builtin, so that no loop is made a call to the function it stands in.
#include <cstddef>

extern "C" void* memcpy(void* to, const void* from, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    static_cast<char*>(to)[i] = static_cast<const char*>(from)[i];
  }
  return to;
}

extern "C" void* memset(void* to, int value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    static_cast<char*>(to)[i] = static_cast<char>(value);
  }
  return to;
}

extern "C" void* memmove(void* to, const void* from, std::size_t size) {
  if (to <= from) {
    return memcpy(to, from, size);
  }
  while (size-- > 0) {
    static_cast<char*>(to)[size] = static_cast<const char*>(from)[size];
  }
  return to;
}
