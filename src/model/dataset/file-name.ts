/** @file Names of files from what others wrote: a class, an image's ID, a UID that may be anything. */

/** A name that is one on every file system. */
export const fileName = (text: string): string => text.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_");
