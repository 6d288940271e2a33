// Division for programs that are compiled without divide instructions, since wolfpine 2.2 ends
// with an error where RISC-V has a result, and its rem has the divisor's sign. Here only divu
// and remu are left, with divisors other than zero. The results are RISC-V's: x / 0 is all
// ones, x % 0 is x, and the one signed overflow wraps.

using Word = unsigned int;

static Word magnitude(int value) { return value < 0 ? -Word(value) : Word(value); }

extern "C" Word __udivsi3(Word a, Word b) { return b ? a / b : ~0u; }

extern "C" Word __umodsi3(Word a, Word b) { return b ? a % b : a; }

extern "C" int __divsi3(int a, int b) {
  if (!b) {
    return -1;
  }
  const Word quotient = magnitude(a) / magnitude(b);
  return int((a < 0) != (b < 0) ? -quotient : quotient);
}

extern "C" int __modsi3(int a, int b) {
  if (!b) {
    return a;
  }
  const Word rest = magnitude(a) % magnitude(b);
  return int(a < 0 ? -rest : rest);
}
