import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Processes whose command line names `text`, and their descendants (Linux). */
export const processesNaming = (text: string): number[] => {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({
      pid: Number(name),
      parent: Number(/^PPid:\s+(\d+)$/m.exec(read(`/proc/${name}/status`))?.[1] ?? 0),
      named: read(`/proc/${name}/cmdline`).includes(text),
    }))
  const found = new Set(all.filter(({ named }) => named).map(({ pid }) => pid))
  for (let size = -1; size !== found.size;) {
    size = found.size
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid)
  }
  return [...found]
}

/** TCP sockets in the state LISTEN that these processes hold, as lines of /proc/net. */
export const listeningSockets = (pids: readonly number[]): string[] => {
  const held = new Set(
    pids.flatMap((pid) => {
      const folder = `/proc/${pid}/fd`
      if (!existsSync(folder)) return []
      return readdirSync(folder).flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${fd}`))?.[1] ?? []
        } catch {
          return []
        }
      })
    }),
  )
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    read(table)
      .split('\n')
      .filter((line) => {
        const fields = line.trim().split(/\s+/)
        return fields[3] === '0A' && held.has(String(fields[9]))
      }),
  )
}
