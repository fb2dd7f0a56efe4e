// Findings, remedies, failures and warnings in words. Template keys: a code without words does not compile.

import type { Failure } from '../backend/types/Failure';
import type { Finding } from '../backend/types/Finding';
import type { Offer } from '../backend/types/Offer';
import type { Warning } from '../backend/types/Warning';
import type { FileReason } from '../backend/types/FileReason';
import type { AddressSource } from '../backend/types/AddressSource';
import { bytes, integer } from './format';
import { list, t, type Key, type Params } from './words.svelte';

const fileReasons: Readonly<Record<FileReason, true>> = {
  'missing': true, 'permission': true, 'read-only': true, 'disk-full': true, 'too-large': true, 'not-a-file': true, 'other': true,
};

/** Whether a reason is of the closed list; what a program said itself is shown as it is. */
function isFileReason(reason: unknown): reason is FileReason {
  return typeof reason === 'string' && Object.hasOwn(fileReasons, reason);
}

/** Parameters as they are said: a code by its words, names in a row, sizes with their unit. */
function said(params: Params): Params {
  const { reason, source, names } = params as { reason?: unknown; source?: AddressSource; names?: string[] };
  const sizes = Object.entries(params).filter(([name, value]) => name.endsWith('Bytes') && typeof value === 'number');
  return {
    ...params,
    ...Object.fromEntries(sizes.map(([name, value]) => [name, bytes(value as number)])),
    ...(names ? { names: list(names, 'conjunction') } : {}),
    ...(isFileReason(reason) ? { reason: t(`file-reason.${reason}`) } : {}),
    ...(source ? { source: t(`address-source.${source}`) } : {}),
  };
}

/** The cause, as a title. */
export function causeTitle(finding: Finding): string {
  return t(`finding.${finding.code}.title`, said(finding.params));
}

/** Why it matters, in a sentence or two. */
export function causeWhy(finding: Finding): string {
  if (finding.code === 'openclaw.not-installed' && finding.params.stateFolder && finding.params.unasked === null) {
    return t('finding.openclaw.not-installed.why.was-here');
  }
  if (finding.code === 'engine.not-running' && finding.params.enabled) {
    return t('finding.engine.not-running.why.enabled', said(finding.params));
  }
  if (finding.code === 'models.does-not-fit' && finding.params.measured) {
    return t('finding.models.does-not-fit.why.measured', said(finding.params));
  }
  if (finding.code === 'models.on-cpu' && finding.params.graphics) {
    return t('finding.models.on-cpu.why.graphics', said(finding.params));
  }
  if (finding.code === 'openclaw.elsewhere' && finding.params.contained) {
    return t('finding.openclaw.elsewhere.why.contained', said(finding.params));
  }
  if (finding.code === 'openclaw.elsewhere' && finding.params.forwarded) {
    return t('finding.openclaw.elsewhere.why.forwarded', said(finding.params));
  }
  const special = specialWhy(finding);
  if (special) return t(special, said(finding.params));
  return t(`finding.${finding.code}.why`, said(finding.params));
}

/** The sentence of a circumstance that changes what a cause means. The commands find it by the flag's own name. */
function specialWhy({ code, params }: Finding): Key | null {
  switch (code) {
    case 'connection.other-program': return params.silent ? 'finding.connection.other-program.why.silent' : null;
    case 'connection.proxy-intercepts': return params.here ? 'finding.connection.proxy-intercepts.why.here' : null;
    case 'connection.https-on-http': return params.refused ? 'finding.connection.https-on-http.why.refused' : null;
    case 'settings.env-missing':
      if (params.address) return 'finding.settings.env-missing.why.address';
      if (params.here) return 'finding.settings.env-missing.why.here';
      return params.starts ? 'finding.settings.env-missing.why.starts' : null;
    default: return null;
  }
}

/** What a button says that carries the remedy out. */
export function remedyLabel(offer: Offer): string {
  return t(`remedy.${offer.id}`, offer.params);
}

type ByHand = 'start-ollama' | 'move-ollama' | 'close-program' | 'bypass-proxy' | 'edit-file' | 'serve-network'
  | 'let-through' | 'allow-host' | 'free-reserved-port' | 'sign-in' | 'give-folder' | 'allow-run' | 'find-folder' | 'read-log' | 'use-store'
  | 'start-gateway' | 'update-node';
const byHand: readonly string[] = [
  'start-ollama', 'move-ollama', 'close-program', 'bypass-proxy', 'edit-file', 'serve-network',
  'let-through', 'allow-host', 'free-reserved-port', 'sign-in', 'give-folder', 'allow-run', 'find-folder', 'read-log', 'use-store',
  'start-gateway', 'update-node',
] satisfies ByHand[];

/** How to do it by hand; `null` where there is only a command. */
export function remedyHow(offer: Offer): string | null {
  if (offer.id === 'restart-ollama') return t(`remedy.restart-ollama.how.${offer.params.way}`);
  if (offer.id === 'correct-variable') {
    return t(`remedy.correct-variable.how.${offer.params.kind}`, { ...offer.params });
  }
  if (offer.id === 'configure-elsewhere') {
    return t(`remedy.configure-elsewhere.how.${offer.params.way}`, offer.params);
  }
  return byHand.includes(offer.id) ? t(`remedy.${offer.id as ByHand}.how`, offer.params) : null;
}

/** What a button is about to do, where its label does not say all; `null` elsewhere. */
export function remedyWhat(offer: Offer): string | null {
  if (offer.id === 'restart-ollama') {
    const { way } = offer.params;
    return way === 'own' || way === 'service' ? t(`remedy.restart-ollama.what.${way}`) : null;
  }
  return offer.id === 'move-ollama' ? t('remedy.move-ollama.what', offer.params) : null;
}

/** What failed, why, and what to do. */
export function failureText(failure: Failure): string {
  // The window has a button for it, the commands do not.
  if (failure.code === 'settings.changed-meanwhile') return t('error.settings.changed-meanwhile.window', failure.params);
  // Within an answer that began well: its status says nothing.
  if (failure.code === 'ollama.status' && failure.params.status === 200) {
    return t('error.ollama.status', { ...failure.params, status: null });
  }
  return t(`error.${failure.code}`, said(failure.params));
}

/** What to know before applying. */
export function warningText(warning: Warning): string {
  if (warning.code === 'context-small') {
    const params = { ...warning.params, tokens: integer(warning.params.tokens) };
    return t(warning.params.guessed ? 'warning.context-small.guessed' : 'warning.context-small', params);
  }
  if (warning.code === 'automatic-offers-more' && warning.params.online) return t('warning.automatic-offers-more.online');
  if (warning.code === 'automatic-context') {
    const { tokens, maximum } = warning.params;
    if (maximum) return t('warning.automatic-context.maximum');
    return t('warning.automatic-context', { tokens: tokens === null ? null : integer(tokens) });
  }
  return t(`warning.${warning.code}`, said(warning.params));
}

/** Whether a warning is only good to know: nothing about the choice itself is doubtful. */
export function isSoft(warning: Warning): boolean {
  return warning.code === 'version-unknown';
}
