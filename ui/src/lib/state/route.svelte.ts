// Which screen is shown; it stands in the address's fragment, so Back works.

/** The screens, in the order of the navigation. */
export const screens = ['home', 'models', 'fix', 'settings', 'preferences'] as const;
/** One screen. */
export type Screen = (typeof screens)[number];

/** A part of Preferences with an address of its own. */
const HELP = '#help';

/** The screen of the present address. */
export class Route {
  screen = $state<Screen>(screenOf(location.hash));
  /** Help was asked for: how often, to go there once more; 0 when something else was asked since. */
  help = $state(location.hash === HELP ? 1 : 0);

  /** Follows the address until the returned function is called. */
  follow(): () => void {
    const changed = () => {
      this.screen = screenOf(location.hash);
      this.help = location.hash === HELP ? this.help + 1 : 0;
    };
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }

  /** Goes to a screen. */
  go(screen: Screen): void {
    location.hash = screen;
    this.screen = screen;
    this.help = 0;
  }

  /** Goes to the help. */
  goHelp(): void {
    location.hash = HELP;
    this.screen = screenOf(HELP);
    this.help += 1;
  }
}

function screenOf(hash: string): Screen {
  if (hash === HELP) return 'preferences';
  return screens.find((screen) => `#${screen}` === hash) ?? 'home';
}
