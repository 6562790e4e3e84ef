import { join } from 'node:path'
import { z } from 'zod'
import type { KeptProbe } from '../../shared/model/hsm.ts'
import { openJsonFile } from './json-file.ts'

/** What was learned of tokens and lasts: verdicts of probes, and PINs that a token did not take. No PIN is in it. */
export interface HsmNotes {
  /** Of a module's file and a firmware; null: never probed. */
  probeOf(of: Pick<KeptProbe, 'moduleSha256' | 'manufacturer' | 'model' | 'firmware'>): KeptProbe | null
  keepProbe(probe: KeptProbe): Promise<void>
  /** `source` names a kept secret and its generation. True too while an attempt with it has no known end. */
  wasRefused(source: string): boolean
  keepRefused(source: string): Promise<void>
  /** The token took it, or was never asked. */
  forgetRefused(source: string): Promise<void>
}

const probe = z.object({
  moduleSha256: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  firmware: z.string(),
  use: z.object({ mechanism: z.string(), verdict: z.enum(['exact', 'zero-padded']) }).nullable(),
  oaep: z.object({ sha1: z.boolean(), sha256: z.boolean() }),
  at: z.string(),
}) satisfies z.ZodType<KeptProbe>

const file = z.object({ format: z.literal(1), probes: z.array(probe), refusedPins: z.array(z.string()) })

const mostProbes = 200
const mostRefused = 1_000

const same = (a: Parameters<HsmNotes['probeOf']>[0], b: Parameters<HsmNotes['probeOf']>[0]): boolean =>
  a.moduleSha256 === b.moduleSha256 &&
  a.manufacturer === b.manufacturer &&
  a.model === b.model &&
  a.firmware === b.firmware

export const openHsmNotes = async (profileFolder: string): Promise<HsmNotes> => {
  const kept = await openJsonFile<z.output<typeof file>>(join(profileFolder, 'hsm-notes.json'), file, {
    format: 1,
    probes: [],
    refusedPins: [],
  })
  return {
    probeOf: (of) => kept.content.probes.find((one) => same(one, of)) ?? null,
    keepProbe: (seen) =>
      kept.update((content) => ({
        ...content,
        probes: [...content.probes.filter((one) => !same(one, seen)), seen].slice(-mostProbes),
      })),
    wasRefused: (source) => kept.content.refusedPins.includes(source),
    keepRefused: (source) =>
      kept.update((content) => ({
        ...content,
        refusedPins: [...content.refusedPins.filter((one) => one !== source), source].slice(-mostRefused),
      })),
    forgetRefused: (source) =>
      kept.update((content) => ({
        ...content,
        refusedPins: content.refusedPins.filter((one) => one !== source),
      })),
  }
}
