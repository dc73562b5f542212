import { test } from 'vitest';
import { prepareTestImage } from '../../../test/support/image.js';
test('img dev', async () => { console.log(await prepareTestImage({ dockerHost: 'unix:///tmp/prep/docker/docker.sock' })); }, 900000);
test('img', async () => { console.log(await prepareTestImage({ dockerHost: 'unix:///tmp/prep/docker/docker.sock', sets: ['libvirt', 'libvirt-dbus', 'qemu'], tag: 'libvirt' })); }, 900000);
