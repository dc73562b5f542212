/* SPDX-License-Identifier: Apache-2.0 */
#include "libvirt/libvirt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int showVersion(void)
{
    char *driver;

    printf("Using library: libvirt %s\n", virGetVersionText());
    driver = virDriverName("qemu");
    if (driver == NULL) {
        return 1;
    }
    printf("Using API: %s\n", driver);
    free(driver);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "version") == 0) {
        return showVersion();
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("%s\n", virGetVersionText());
        return 0;
    }
    fprintf(stderr, "usage: %s version | --version\n", argv[0]);
    return 1;
}
