/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBVIRT_H
#define LIBVIRT_H

#ifdef __cplusplus
extern "C" {
#endif

/* Major version times 1,000,000 plus minor times 1,000 plus release. */
unsigned long virGetVersion(void);

/* "11.10.0", and "11.10.0, package: 1.el9" where the packager said so. */
const char *virGetVersionText(void);

/*
 * Loads a driver and gives its name, for the caller to free; NULL and a reason
 * on standard error if there is none.
 */
char *virDriverName(const char *driver);

#ifdef __cplusplus
}
#endif

#endif
