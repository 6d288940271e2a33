/*!
 * \file catch_main.cc
 * \brief The tests' main(); in a file of its own, since Catch2 takes long to compile.
 */
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
