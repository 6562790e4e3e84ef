import { problemBody } from '../../../shared/errors/problem-body.ts'
import type { Json } from '../../../shared/model/plan.ts'
import type { RecordBody } from '../../../shared/model/record.ts'
import type { EndedRun, RunResult } from '../../engine/contract.ts'
import { readParams } from '../../scripts/runbook/step-params.ts'
import { layerOf } from './layers.ts'

type Body = RecordBody<'escrow-drill-ended'>

/** One entry per run, whichever way it ended: date, duration, who gave shares, how far each item was proven. Pure. */
export const drillResults = (ended: EndedRun): RunResult[] => {
  const body = bodyOf(ended)
  return body === null
    ? []
    : [
        {
          entry: { kind: 'escrow-drill-ended', body },
          outcome: body.outcome === 'proven' ? 'done' : 'failed',
        },
      ]
}

const bodyOf = (ended: EndedRun): Body | null => {
  const { plan, steps, lastFailure } = ended
  const first = plan.steps.find(({ kind }) => kind === 'verify-escrow-package')
  const opening = plan.steps.find(({ kind }) => kind === 'open-escrow-package')
  if (first === undefined || opening === undefined) return null
  const {
    purpose,
    package: id,
    manifestSha256,
    signer,
    standing,
  } = readParams('verify-escrow-package', first.params)
  const problem = ended.how === 'verified' ? null : (lastFailure?.problem ?? null)
  const failed = problem === null ? undefined : plan.steps.find(({ id: one }) => one === lastFailure?.step)
  const layer = failed === undefined || problem === null ? null : layerOf(failed.kind, problem.code)
  return {
    purpose,
    package: id,
    manifestSha256,
    signer,
    standing,
    openedWith: readParams('open-escrow-package', opening.params).opening.kind,
    openedBy: factOf(ended, 'holders') ?? factOf(ended, 'recipient'),
    server: plan.targets[0]?.ref.name ?? '',
    items: itemsOf(ended),
    backupOf: factOf(ended, 'backupOf'),
    outcome: ended.how === 'verified' ? 'proven' : layer === null ? 'not-finished' : 'failed',
    layer,
    seconds: plan.steps.flatMap(({ title }, at) => {
      const step = steps[at]
      const taken = step === undefined ? null : between(step.startedAt, step.endedAt)
      return taken === null ? [] : [{ step: title, seconds: taken }]
    }),
    totalSeconds: between(ended.startedAt, ended.endedAt) ?? 0,
    problem: problem === null ? null : problemBody(problem),
  }
}

const factOf = ({ steps }: EndedRun, name: string): string | null => {
  for (const { evidence } of steps)
    for (const { data } of evidence) {
      const value = data?.[name]
      if (typeof value === 'string') return value
    }
  return null
}

const itemsOf = ({ plan, steps }: EndedRun): Body['items'] =>
  plan.steps.flatMap(({ kind, params }) => {
    const item = itemOf(kind, params)
    if (item === null) return []
    const data = steps.flatMap(({ evidence }) =>
      evidence.flatMap((one) => (one.data === undefined ? [] : [one.data])),
    )
    const opened = data.find((one) => one['openedItem'] === true && one['item'] === item.number)
    const used = data.some((one) => one['usedItem'] === item.number)
    const thumbprint = opened?.['thumbprint']
    return [
      {
        ...item,
        level: used ? 'restored' : opened === undefined ? 'recorded' : 'opened',
        thumbprint: typeof thumbprint === 'string' ? thumbprint : null,
      },
    ]
  })

/** Each chosen item has one step that opens it: here, or on a token. */
const itemOf = (kind: string, params: Json) => {
  switch (kind) {
    case 'open-escrow-item':
    case 'try-escrow-hsm-key':
    case 'recover-escrow-hsm-key':
      return readParams(kind, params).item
    default:
      return null
  }
}

const between = (from: string | null, to: string | null): number | null =>
  from === null || to === null ? null : Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000))
