/** Switches that open the program to a debugger, load code into it, lead its traffic elsewhere or write its keys down. */
const refused = new Set([
  'remote-debugging-port',
  'remote-debugging-address',
  'remote-debugging-pipe',
  'remote-debugging-targets',
  'remote-allow-origins',
  'inspect',
  'inspect-brk',
  'inspect-brk-node',
  'inspect-port',
  'inspect-publish-uid',
  'inspect-wait',
  'debug-port',
  'js-flags',
  'require',
  'r',
  'no-sandbox',
  'disable-sandbox',
  'disable-setuid-sandbox',
  'disable-seccomp-filter-sandbox',
  'disable-gpu-sandbox',
  'disable-web-security',
  'disable-site-isolation-trials',
  'allow-file-access-from-files',
  'allow-running-insecure-content',
  'ignore-certificate-errors',
  'ignore-certificate-errors-spki-list',
  'load-extension',
  'disable-extensions-except',
  'host-rules',
  'host-resolver-rules',
  'proxy-server',
  'proxy-pac-url',
  'renderer-cmd-prefix',
  'utility-cmd-prefix',
  'gpu-launcher',
  'single-process',
  'in-process-gpu',
  'log-net-log',
  'ssl-key-log-file',
  'enable-logging',
  'log-file',
])

/**
 * Names of switches in `parameters` with which an installed Keyturn does not start, in their order. Chromium takes one
 * or two hyphens, a slash on Windows, and names in any case there; so all of these forms are read everywhere.
 */
export const refusedSwitches = (parameters: readonly string[]): string[] =>
  parameters
    .map((parameter) => /^(?:--?|\/)([a-z0-9-]+)(?:=|$)/i.exec(parameter)?.[1]?.toLowerCase())
    .filter((name) => name !== undefined && refused.has(name))
    .filter((name) => name !== undefined)
