import type { SimWorld } from './sim-world.ts';

/** From now on each write to an appended file takes a while to reach the kernel, and each sync longer to reach the disk. */
export function slowDisk(world: SimWorld, { writeMs, syncMs }: { readonly writeMs: number; readonly syncMs: number }) {
  const open = world.fs.openAppend.bind(world.fs);
  world.fs.openAppend = async (path, mode) => {
    const file = await open(path, mode);
    return {
      ...file,
      async write(bytes) {
        await world.clock.sleep(writeMs);
        await file.write(bytes);
      },
      async sync() {
        await world.clock.sleep(syncMs);
        await file.sync();
      },
    };
  };
}
