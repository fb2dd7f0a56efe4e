// Copying a text, for every button that does.

/** What became of it. */
export class Copy {
  outcome = $state<'copied' | 'selected' | null>(null);

  /** Copies the text; where the web view has no clipboard it is selected instead. */
  async copy(text: string, select: () => void): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.outcome = 'copied';
    } catch {
      select();
      this.outcome = 'selected';
    }
  }
}
