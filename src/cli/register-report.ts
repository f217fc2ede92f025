import type { Registration } from '../emqx/register-provider.ts'
import { jsonLine } from '../text/json-line.ts'
import { shownText } from '../text/shown.ts'
import { table } from '../text/table.ts'

/** Of whom a report is: the name in EMQX, our address, EMQX's. */
export interface ReportSubject {
  readonly name: string
  readonly url: string
  readonly emqxUrl: string
}

/** What was done and what EMQX tells, as tables for people. */
export function registrationText(registration: Registration, { name, emqxUrl }: ReportSubject): string {
  const { changes, nodes, hooks } = registration
  return [
    `${name} at ${emqxUrl}: ${deed(registration)}\n`,
    ...(changes.length === 0
      ? []
      : [
          table([
            ['  FIELD', 'IS', 'WANTED'],
            ...changes.map((one) => [`  ${one.field}`, one.is || '-', one.wanted]),
          ]),
        ]),
    ...(nodes.length === 0 ? [] : ['\n', table([['NODE', 'VERSION', 'STATUS'], ...nodes.map(nodeCells)])]),
    ...(hooks.length === 0
      ? []
      : ['\n', table([['HOOK', 'FILTERS', 'SUCCEEDED', 'FAILED', 'CALLS/S'], ...hooks.map(hookCells)])]),
  ].join('')
}

/** The same as one line of JSON. */
export function registrationJson(
  { action, dryRun, moved, changes, nodes, hooks, ahead }: Registration,
  warnings: readonly string[],
  { name, url, emqxUrl }: ReportSubject,
): string {
  return jsonLine({
    name,
    url,
    emqx: emqxUrl,
    action,
    dry_run: dryRun,
    moved,
    changes,
    nodes,
    hooks: hooks.map(({ name: hook, topics, metrics: { succeed, failed, rate, maxRate } }) => ({
      name: hook,
      topics,
      metrics: { succeed, failed, rate, max_rate: maxRate },
    })),
    ahead: ahead.map((one) => one.name),
    warnings,
  })
}

function deed({ action, dryRun, moved }: Registration): string {
  const done = {
    created: dryRun ? 'would be created' : 'created',
    updated: dryRun ? 'would be updated' : 'updated',
    unchanged: 'is as it should be, nothing to change',
  }[action]
  return moved ? `${done}; ${dryRun ? 'would be put' : 'put'} before all others` : done
}

function nodeCells({ node, version, status }: Registration['nodes'][number]): readonly string[] {
  return [shownText(node), shownText(version) || '-', shownText(status)]
}

function hookCells({ name, topics, metrics }: Registration['hooks'][number]): readonly string[] {
  const filters = topics.length === 0 ? 'every topic' : topics.map(shownText).join(', ')
  return [shownText(name), filters, String(metrics.succeed), String(metrics.failed), String(metrics.rate)]
}
