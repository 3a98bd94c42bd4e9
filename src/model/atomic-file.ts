/**
 * @file Writing a file so that a reader, or a machine that lost power, finds the old content or the new, never a part.
 */
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Write beside the place, bring it to the disk, put it in place.
 * @param mode permissions of the file, before the umask
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string,
  mode = 0o666,
): Promise<void> {
  const part = `${path}.part`;
  try {
    const file = await open(part, "w", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
