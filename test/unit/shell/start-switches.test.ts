import { describe, expect, it } from 'vitest'
import { refusedSwitches } from '../../../electron/shell/electron/start-switches.ts'

describe('switches with which an installed Keyturn does not start', () => {
  it.each([
    ['--remote-debugging-port=9222', 'remote-debugging-port'],
    ['--remote-debugging-pipe', 'remote-debugging-pipe'],
    ['--inspect', 'inspect'],
    ['--inspect-brk=0', 'inspect-brk'],
    ['--no-sandbox', 'no-sandbox'],
    ['-no-sandbox', 'no-sandbox'],
    ['/no-sandbox', 'no-sandbox'],
    ['--NO-SANDBOX', 'no-sandbox'],
    ['--load-extension=/tmp/x', 'load-extension'],
    ['--disable-web-security', 'disable-web-security'],
    ['--js-flags=--expose-gc', 'js-flags'],
    ['-r', 'r'],
    ['--host-resolver-rules=MAP * 127.0.0.1', 'host-resolver-rules'],
    ['--log-net-log=/tmp/n', 'log-net-log'],
  ])('%s', (parameter, name) => {
    expect(refusedSwitches(['--profile=main', parameter])).toEqual([name])
  })

  it('starts with its own flags, and with a folder whose name only looks like one', () => {
    expect(
      refusedSwitches([
        '--profile=rehearsal',
        '--data',
        '/srv/no-sandbox/x',
        '--self-test',
        'inspect',
        '--no-sandboxes',
      ]),
    ).toEqual([])
  })
})
