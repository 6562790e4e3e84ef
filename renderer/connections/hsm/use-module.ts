import { useState } from 'react'
import type { HsmModuleLoaded, HsmModuleShown } from '../../../shared/model/hsm.ts'
import { ask, useAction } from '../../bridge/index.ts'

/** One module from its look to its tokens: nothing is loaded before the person saw the file. */
export const useModule = () => {
  const [looked, setLooked] = useState<HsmModuleShown | null>(null)
  const [loaded, setLoaded] = useState<HsmModuleLoaded | null>(null)
  const look = useAction(async (module: string) => {
    setLooked(null)
    setLoaded(null)
    setLooked(await ask('hsm.inspect', { module }))
  })
  const load = useAction(async (module: string) => setLoaded(await ask('hsm.load', { module })))
  return { looked, loaded, look, load }
}
