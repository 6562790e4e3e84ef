import { PROVIDER_KEY, keysBelow, registryKey } from './ekm/registry.ts'
import { SqlError, notSimulated } from './errors.ts'
import type { Arguments } from './procedures.ts'
import type { Frame } from './script.ts'

/**
 * xp_regread and xp_instance_regread below the connector's key: the rest of the registry is not simulated. Answers a row
 * with the value's name and text, or sets @value; nothing where the key has no such value.
 */
export async function readRegistry(frame: Frame, args: Arguments): Promise<number> {
  const path = pathIn(args, 'xp_regread')
  const name = args.required('@value_name', 'xp_regread')
  const key = registryKey(frame.session.instance.store, path)
  if (key === undefined) throw noSuchKey()
  const value = Object.entries(key.values).find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1]
  const target = args.argument('@value')?.target
  if (target !== undefined) target.value = value ?? null
  else if (value !== undefined) {
    await frame.sink.columns(
      ['Value', 'Data'].map((column) => ({ name: column, type: { t: 'nvarchar', max: 512 } })),
    )
    await frame.sink.row([name, value])
    frame.answered.completions += 1
    await frame.sink.done(1)
  }
  return 0
}

/** xp_regenumkeys and xp_instance_regenumkeys: a row for each key directly below. */
export async function listRegistryKeys(frame: Frame, args: Arguments): Promise<number> {
  const path = pathIn(args, 'xp_regenumkeys')
  const found = keysBelow(frame.session.instance.store, path)
  if (found.length === 0) throw noSuchKey()
  const depth = path.split('\\').length + 1
  await frame.sink.columns([{ name: 'Value', type: { t: 'nvarchar', max: 512 } }])
  const below = found.map((key) => key.split('\\')).filter((names) => names.length === depth)
  for (const names of below) await frame.sink.row([names.at(-1) ?? ''])
  frame.answered.completions += 1
  await frame.sink.done(below.length)
  return 0
}

/** Only the connector's part is simulated. */
const pathIn = (args: Arguments, procedure: string): string => {
  const root = args.required('@rootkey', procedure).toUpperCase()
  const path = args.required('@key', procedure).replace(/\\+$/, '')
  const ours = PROVIDER_KEY.toLowerCase()
  if (root !== 'HKEY_LOCAL_MACHINE' || !`${path.toLowerCase()}\\`.startsWith(`${ours}\\`))
    throw notSimulated(`the registry outside of HKEY_LOCAL_MACHINE\\${PROVIDER_KEY}`)
  return path
}

const noSuchKey = (): SqlError =>
  new SqlError(22001, "RegOpenKeyEx() returned error 2, 'The system cannot find the file specified.'")
