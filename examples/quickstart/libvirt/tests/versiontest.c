/* SPDX-License-Identifier: Apache-2.0 */
#include "libvirt/libvirt.h"

#include "meson-config.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
    char expected[64];
    unsigned long version = virGetVersion();

    snprintf(expected, sizeof(expected), "%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
    return strcmp(expected, VERSION) == 0 ? 0 : 1;
}
