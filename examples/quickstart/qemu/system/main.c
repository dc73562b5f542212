/* SPDX-License-Identifier: Apache-2.0 */
#include "qemu/version.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    if (qemu_answer_version(argc, argv, "QEMU emulator")) {
        return 0;
    }
    fprintf(stderr, "%s: this stand-in emulates nothing; try --version\n", argv[0]);
    return 1;
}
