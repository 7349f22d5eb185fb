/**
 * Who pipes a command into head has read enough: that is no failure of the command, which ends as it would have. Output that cannot
 * be written for another reason, as to a full disk, ends it with 1.
 */
export function allowClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      if (stream === process.stdout) {
        process.stderr.write(`the output cannot be written: ${error.message}\n`);
      }
      process.exit(1);
    });
  }
}
