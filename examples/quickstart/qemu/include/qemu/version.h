/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QEMU_VERSION_H
#define QEMU_VERSION_H

/* "10.1.0 (qemu-kvm-10.1.0-1.el9)": the version, then that of the package if there is one. */
const char *qemu_version(void);

/* Prints "PROGRAM version VERSION" if the first argument asks for it; tells whether it did. */
int qemu_answer_version(int argc, char **argv, const char *program);

#endif
