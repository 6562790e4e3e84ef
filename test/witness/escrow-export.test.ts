import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packageFolderName } from '../../shared/model/escrow.ts'
import { packageIdOf } from '../../electron/escrow/package-id.ts'
import { openPair } from '../../electron/formats/pair.ts'
import { publicCertificate } from '../../electron/scripts/tsql/certificate.ts'
import { opensslPrints } from '../support/openssl.ts'
import { keptText, useExportStage } from '../unit/wizards/escrow-export-stage.ts'

/**
 * What an export of a real run wrote opens with OpenSSL and Python by the commands of its own README-RECOVER.txt, and is
 * the certificate that the server has; the files made of it are what SQL Server reads.
 */
const stage = useExportStage()

/** The commands of the parts whose title begins so: lines behind 4 spaces. */
const commandsOf = (readme: string, title: string): string[] =>
  (readme.split(/\n(?=\d+\. )/).find((part) => part.split('\n')[0]?.includes(title)) ?? '')
    .split('\n')
    .filter((line) => /^ {4}\S/.test(line))
    .map((line) => line.trim())

it('opens with shares by OpenSSL alone, and is the key of the server', async () => {
  await stage.walk(await stage.ready())
  const work = join(stage.root, 'work')
  cpSync(join(stage.folder('p-two'), packageFolderName(packageIdOf(stage.run))), work, { recursive: true })
  const readme = readFileSync(join(work, 'README-RECOVER.txt'), 'utf8')
  for (const [index, share] of stage.group.shares.slice(1).entries())
    writeFileSync(join(work, `SHARE_${index + 1}`), `${share}\n`)
  const run = (command: string): string => {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: work, encoding: 'utf8' })
    expect({ command, status, stderr: status === 0 ? '' : stderr }).toEqual({
      command,
      status: 0,
      stderr: '',
    })
    return stdout
  }
  const [join2, ...rest] = commandsOf(readme, 'Open it with 2 shares')
  const hex = run(join2 ?? '').trim()
  for (const command of rest) run(command.replace('SECRET_HEX', hex))
  expect(rest.some((command) => command === 'cmp item-01-check.pem items/01.public.pem')).toBe(true)

  const row = (await stage.server.query(publicCertificate('KT_One')))[0]
  const server = row?.['certificate'] as Uint8Array
  writeFileSync(join(work, 'server.cer'), server)
  const publicKey = (...from: string[]): string => opensslPrints(...from).toString()
  expect(publicKey('pkey', '-in', join(work, 'item-01.pem'), '-pubout')).toBe(
    publicKey('x509', '-inform', 'DER', '-in', join(work, 'server.cer'), '-pubkey', '-noout'),
  )
  expect(readFileSync(join(work, 'item-02.txt'), 'utf8')).toBe(keptText)

  writeFileSync(join(work, 'new-password'), 'New-Password-1')
  const files = commandsOf(readme, 'files that SQL Server reads')
  expect(files).toHaveLength(3)
  for (const command of files)
    run(command.startsWith('openssl pkcs12') ? `${command} -passout file:new-password` : command)
  const at = (name: string): Buffer => readFileSync(join(work, name))
  expect(at('item-01.cer').equals(server)).toBe(true)
  expect(openPair(at('item-01.cer'), at('item-01.pvk'), null).subject).toBe('CN=Subject of KT_One')
  const password = Buffer.from('New-Password-1')
  expect(openPair(at('item-01.cer'), at('item-01.pfx'), password).subject).toBe('CN=Subject of KT_One')
})
