import { readdirSync, readFileSync } from 'node:fs'

export interface TreeMemory {
  megabytes: number
  processes: number
  /** PSS counts a shared page once over all processes; RSS counts it in each. */
  kind: 'PSS' | 'RSS'
}

/** Memory of all processes below `parent`, itself not included. Linux only: reads /proc. */
export const memoryBelow = (parent: number): TreeMemory => {
  const pids = descendantsOf(parent)
  const pss = pids.map((pid) => kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss'))
  const readable = pss.every((value) => value !== null)
  const all = readable ? pss : pids.map((pid) => kilobytes(`/proc/${pid}/status`, 'VmRSS'))
  const sum = all.reduce<number>((total, value) => total + (value ?? 0), 0)
  if (sum === 0) throw new Error('no memory of the window’s processes could be read from /proc')
  return { megabytes: sum / 1024, processes: pids.length, kind: readable ? 'PSS' : 'RSS' }
}

const descendantsOf = (parent: number): number[] => {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const of = Number.isInteger(pid) ? parentOf(pid) : null
    if (of !== null) children.set(of, [...(children.get(of) ?? []), pid])
  }
  const below = (pid: number): number[] =>
    (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)])
  return below(parent)
}

/** Null: that process is gone, or is a zombie without memory. */
const parentOf = (pid: number): number | null => {
  const [state, parent] = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /su, '')
    .split(' ')
  return state === undefined || state === '' || state === 'Z' ? null : Number(parent)
}

const kilobytes = (file: string, field: string): number | null => {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(textOf(file))?.[1]
  return found === undefined ? null : Number(found)
}

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
