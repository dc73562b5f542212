/* SPDX-License-Identifier: Apache-2.0 */
#include "libvirt/libvirt.h"

#include "meson-config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

unsigned long virGetVersion(void)
{
    unsigned int major = 0, minor = 0, release = 0;

    sscanf(VERSION, "%u.%u.%u", &major, &minor, &release);
    return major * 1000000UL + minor * 1000UL + release;
}

const char *virGetVersionText(void)
{
    return PACKAGER_VERSION[0] != '\0' ? VERSION ", package: " PACKAGER_VERSION : VERSION;
}

char *virDriverName(const char *driver)
{
    char path[4096];
    void *module;
    const char *(*name)(void);
    char *result = NULL;

    snprintf(path, sizeof(path), "%s/libvirt_driver_%s.so", DRIVER_DIR, driver);
    module = dlopen(path, RTLD_NOW);
    if (module == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return NULL;
    }
    *(void **)&name = dlsym(module, "virDriverNameOf");
    if (name != NULL) {
        result = strdup(name());
    }
    dlclose(module);
    return result;
}
