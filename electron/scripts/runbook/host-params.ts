import { z } from 'zod'
import {
  HostAccount,
  HostCall,
  HostPath,
  HostRegistryKey,
  HostResource,
} from '../../../shared/model/host-calls.ts'

/** What a step on the Windows host of a server needs to know. Read back from the record, so it is checked again. */

const host = z.object({
  /** Name of the computer; the script stops on any other. */
  computer: z.string(),
  /** What is carried out, in this order; the last ones read back what the purpose is judged by. */
  calls: z.array(HostCall).min(1),
  /** How many of the last calls only read. */
  reads: z.number().int().min(1),
  /** Folder of the person for the script, where no PowerShell reaches the host; null: none was picked. */
  place: z.string().nullable(),
  /** Name of the saved script; holds the run's mark. */
  file: z.string().regex(/^[A-Za-z0-9-]+\.ps1$/),
})

export const hostParams = {
  'run-on-host': z.discriminatedUnion('purpose', [
    host.extend({
      purpose: z.literal('connector'),
      dllPath: HostPath,
      /** Lowest file version that is taken. */
      least: z.string().regex(/^\d+(\.\d+){3}$/),
      /** The newest runtime's year that the connector needs at least; see facts on the connector. */
      runtime: z.number().int(),
    }),
    host.extend({
      purpose: z.literal('replace-connector'),
      dllPath: HostPath,
      /** File version that the library has then. */
      version: z.string().regex(/^\d+(\.\d+){3}$/),
      runtime: z.number().int(),
    }),
    host.extend({ purpose: z.literal('registry'), key: HostRegistryKey, account: HostAccount }),
    host.extend({ purpose: z.literal('checkpoint'), key: HostRegistryKey, resource: HostResource }),
  ]),
} as const

export type HostStepParams = z.output<(typeof hostParams)['run-on-host']>
export type HostPurpose = HostStepParams['purpose']
