/* SPDX-License-Identifier: Apache-2.0 */
#include "qemu/version.h"

#include <stdio.h>
#include <string.h>

#ifdef QEMU_PKGVERSION
#define FULL_VERSION QEMU_VERSION " (" QEMU_PKGVERSION ")"
#else
#define FULL_VERSION QEMU_VERSION
#endif

const char *qemu_version(void)
{
    return FULL_VERSION;
}

int qemu_answer_version(int argc, char **argv, const char *program)
{
    if (argc < 2 || (strcmp(argv[1], "--version") != 0 && strcmp(argv[1], "-version") != 0)) {
        return 0;
    }
    printf("%s version %s\n", program, qemu_version());
    return 1;
}
