/* SPDX-License-Identifier: Apache-2.0 */

const char *virDriverNameOf(void);

const char *virDriverNameOf(void)
{
    return "QEMU";
}
