import { defineConfig } from 'vitest/config';

/**
 * unit: in memory or in a temporary folder; needs nothing but Node and git.
 * integration: the real programs (rpmbuild, createrepo_c, meson, Docker Engine, bazeldnf, the built CLI).
 * real: what takes long: other people's source, libvirt-dbus and QEMU, end to end; engines of other machines, Podman, a Kubernetes cluster.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts'],
          exclude: ['packages/*/test/**/*.{integration,real}.test.ts'],
          // Far above what any needs: a crowded machine is no failure.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['packages/*/test/**/*.integration.test.ts', 'test/integration/**/*.test.ts'],
          globalSetup: ['test/support/dockerd.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'real',
          include: ['packages/*/test/**/*.real.test.ts', 'test/real/**/*.test.ts'],
          globalSetup: ['test/support/dockerd.ts'],
          testTimeout: 3_000_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
