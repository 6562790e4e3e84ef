import type { Hsms, HsmModuleRef, HsmTokenRef } from '../../ports/hsm.ts'
import { capabilitiesOf } from './abilities.ts'
import type { Named } from './errors.ts'
import type { Link } from './link.ts'
import { inspectModule } from './module-file.ts'
import { createProcesses, type HsmMeans } from './processes.ts'
import { openToken } from './token.ts'

/** Tokens by `pkcs11js`, each open one in a process of its own, so that a module takes nothing else down. */
export const createHsms = (means: HsmMeans): Hsms => {
  const processes = createProcesses(means)
  const namedOf = ({ path }: HsmModuleRef, token?: HsmTokenRef): Named => ({
    path,
    token: token?.label ?? '',
    serial: token?.serial ?? '',
  })
  const atOnce = async <Result>(link: Link, ask: () => Promise<Result>): Promise<Result> => {
    try {
      return await ask()
    } finally {
      await link.end()
    }
  }
  const noEvents = { onLost: () => undefined }
  return {
    inspect: inspectModule,
    slots: async (module, options = {}) => {
      const { link, info } = await processes.start(module, namedOf(module), noEvents, options)
      return atOnce(link, async () => ({ ...info, slots: await link.ask('slots', {}, options) }))
    },
    capabilities: async (token, options = {}) => {
      const { link } = await processes.start(token.module, namedOf(token.module, token), noEvents, options)
      return atOnce(link, async () =>
        capabilitiesOf(await link.ask('mechanisms', { serial: token.serial }, options)),
      )
    },
    open: (token, options = {}) =>
      openToken({ processes, ref: token, named: namedOf(token.module, token), clock: means.clock }, options),
    close: () => processes.endAll(),
  }
}
