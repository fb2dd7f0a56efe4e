// Which screen is shown; it stands in the address's fragment, so Back works.

/** The screens, in the order of the navigation. */
export const screens = ['home', 'models', 'fix', 'settings', 'preferences'] as const;
/** One screen. */
export type Screen = (typeof screens)[number];

/** The screen of the present address. */
export class Route {
  screen = $state<Screen>(screenOf(location.hash));

  /** Follows the address until the returned function is called. */
  follow(): () => void {
    const changed = () => {
      this.screen = screenOf(location.hash);
    };
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }

  /** Goes to a screen. */
  go(screen: Screen): void {
    location.hash = screen;
    this.screen = screen;
  }
}

function screenOf(hash: string): Screen {
  return screens.find((screen) => `#${screen}` === hash) ?? 'home';
}
