// The version that this build says it is. The Makefile writes generated.h, which git ignores, from
// `git describe`; a plain `swift build` in a fresh clone finds none. Swift sees the macro as a String.
#pragma once
#if __has_include("generated.h")
#include "generated.h"
#endif
#ifndef APUS_VERSION
#define APUS_VERSION "development"
#endif
