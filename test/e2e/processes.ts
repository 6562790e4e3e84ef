import { execFileSync } from 'node:child_process'

interface Running {
  pid: number
  parent: number
  command: string
}

const running = (): Running[] =>
  execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
      return pid === undefined || parent === undefined || command === undefined
        ? []
        : [{ pid: Number(pid), parent: Number(parent), command }]
    })
    .filter(({ command }) => !command.startsWith('ps -eo') && !command.includes('<defunct>'))

/** Processes that this one started, and theirs; and those that name `folder`, whoever their parent is by now. */
export const leftOver = (folder: string): string[] => {
  const all = running()
  const ours = new Set([process.pid])
  let before = 0
  while (before !== ours.size) {
    before = ours.size
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid)
  }
  return all
    .filter(({ pid, command }) => pid !== process.pid && (ours.has(pid) || command.includes(folder)))
    .map(({ pid, command }) => `${pid} ${command.slice(0, 160)}`)
}
