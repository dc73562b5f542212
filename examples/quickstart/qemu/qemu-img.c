/* SPDX-License-Identifier: Apache-2.0 */
#include "qemu/version.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int usage(const char *program)
{
    fprintf(stderr, "usage: %s --version | info FILE\n", program);
    return 1;
}

static int info(const char *file)
{
    struct stat st;

    if (stat(file, &st) != 0) {
        perror(file);
        return 1;
    }
    printf("image: %s\n", file);
    printf("file format: raw\n");
    printf("virtual size: %lld bytes\n", (long long)st.st_size);
    return 0;
}

int main(int argc, char **argv)
{
    if (qemu_answer_version(argc, argv, "qemu-img")) {
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "info") == 0) {
        return info(argv[2]);
    }
    return usage(argv[0]);
}
