// A clock for what is shown while it ticks: it runs only as long as its component is there.

import { onMount } from 'svelte';

/** The present in milliseconds since 1970, each second anew; to be called where a component begins. */
export function everySecond(): { readonly now: number } {
  let now = $state(Date.now());
  onMount(() => {
    const ticking = setInterval(() => (now = Date.now()), 1000);
    return () => clearInterval(ticking);
  });
  return {
    get now() {
      return now;
    },
  };
}
