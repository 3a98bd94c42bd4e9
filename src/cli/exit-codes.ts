/** @file The exit codes of every command. */
export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
/** Done, but some inputs were skipped. */
export const EXIT_SKIPPED = 3;
