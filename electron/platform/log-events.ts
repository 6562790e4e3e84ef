/**
 * The closed list of what may be logged, and the fields that each event may carry. A field that is not here is dropped,
 * so a secret can't get into a log by accident of spreading an object. Never a field for SQL text, paths of people's
 * files, messages of libraries or `Error.cause`.
 */
export const logEvents = {
  'app.started': ['version', 'node', 'platform', 'shell', 'profile', 'scrubbed'],
  'app.stopped': ['reason'],
  'app.fault': ['code', 'where'],
  'window.opened': ['shell', 'ms'],
  'window.gone': ['reason'],
  'ipc.refused': ['channel', 'code'],
  'ipc.failed': ['channel', 'code', 'ms'],
  'child.started': ['name', 'pid'],
  'child.stopped': ['name', 'pid', 'code', 'signal'],
  'keyring.state': ['state'],
  'keyring.refused': ['code', 'waitSeconds'],
  'target.connected': ['target', 'ms'],
  'target.failed': ['target', 'code', 'number'],
  'run.state': ['run', 'state', 'code'],
  'run.step': ['run', 'step', 'phase', 'ms', 'code'],
  'record.failed': ['code'],
  'sandbox.event': ['name', 'state', 'code'],
} as const satisfies Record<string, readonly string[]>

export type LogEvent = keyof typeof logEvents
export type LogField<Event extends LogEvent> = (typeof logEvents)[Event][number]
export type LogValue = string | number | boolean | null | readonly string[]
