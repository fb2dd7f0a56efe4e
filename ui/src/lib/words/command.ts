// A command as one line of a terminal: where it is shown, and where it is printed.

/** The arguments as one line that a shell takes apart the same way. */
export function commandLine(command: readonly string[]): string {
  return command.map(quoted).join(' ');
}

function quoted(part: string): string {
  return /^[\w@%+=:,./-]+$/.test(part) ? part : `'${part.replaceAll("'", `'\\''`)}'`;
}
