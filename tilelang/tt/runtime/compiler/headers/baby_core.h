// What a baby RISC-V core is like to C++, included before everything else.
#pragma once

// SFPI's int32_t is a long, as on every bare-metal RISC-V with newlib; clang's is an int. Names
// of C++ functions spell it, and firmware's functions are called by name.
#undef __INT32_TYPE__
#undef __UINT32_TYPE__
#undef __INT32_C_SUFFIX__
#undef __UINT32_C_SUFFIX__
#define __INT32_TYPE__ long int
#define __UINT32_TYPE__ long unsigned int
#define __INT32_C_SUFFIX__ L
#define __UINT32_C_SUFFIX__ UL

// How libc++ is set up. ziglang ships its headers without their __config_site, and sets these
// on its own command line.

#define _LIBCPP_ABI_VERSION 1
#define _LIBCPP_ABI_NAMESPACE __1
#define _LIBCPP_ABI_FORCE_ITANIUM 0
#define _LIBCPP_ABI_FORCE_MICROSOFT 0
#define _LIBCPP_HAS_THREADS 0
#define _LIBCPP_HAS_THREAD_API_PTHREAD 0
#define _LIBCPP_HAS_THREAD_API_EXTERNAL 0
#define _LIBCPP_HAS_THREAD_API_WIN32 0
#define _LIBCPP_HAS_THREAD_API_C11 0
#define _LIBCPP_HAS_MONOTONIC_CLOCK 0
#define _LIBCPP_HAS_TERMINAL 0
#define _LIBCPP_HAS_MUSL_LIBC 1
#define _LIBCPP_HAS_VENDOR_AVAILABILITY_ANNOTATIONS 0
#define _LIBCPP_HAS_FILESYSTEM 0
#define _LIBCPP_HAS_RANDOM_DEVICE 0
#define _LIBCPP_HAS_LOCALIZATION 0
#define _LIBCPP_HAS_UNICODE 0
#define _LIBCPP_HAS_WIDE_CHARACTERS 0
#define _LIBCPP_HAS_TIME_ZONE_DATABASE 0
#define _LIBCPP_INSTRUMENTED_WITH_ASAN 0
#define _LIBCPP_PSTL_BACKEND_SERIAL
#define _LIBCPP_HARDENING_MODE_DEFAULT _LIBCPP_HARDENING_MODE_NONE
#define _LIBCPP_ASSERTION_SEMANTIC_DEFAULT _LIBCPP_ASSERTION_SEMANTIC_IGNORE
#define _LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS
