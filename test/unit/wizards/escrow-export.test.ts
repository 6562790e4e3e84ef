import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import { openItem } from '../../../electron/escrow/package/open.ts'
import { readPackageFolder } from '../../../electron/escrow/place-folder.ts'
import { packageIdOf } from '../../../electron/escrow/package-id.ts'
import { wordsOf } from '../../support/escrow-package.ts'
import { keptText, useExportStage } from './escrow-export-stage.ts'

const stage = useExportStage()

const open = async (place: 'p-one' | 'p-two', number: number): Promise<string> => {
  const files = await readPackageFolder(join(stage.folder(place), packageFolderName(packageIdOf(stage.run))))
  const shares = wordsOf(...stage.group.shares.slice(0, 2))
  const { content } = openItem(
    files,
    { kind: 'known', fingerprints: stage.means.knownSigners() },
    { kind: 'shares', shares },
    number,
  )
  return content.use((bytes) => bytes.toString('utf8'))
}

describe('an escrow export', () => {
  it('seals, copies, reads back and registers; shares open what the server has', async () => {
    const pem = stage.addRecipient('one.cer')
    const plan = await stage.ready({ recipientFolder: 'p-recipients', custodianFiles: ['one.cer'] })
    expect(plan.steps.map(({ kind }) => kind)).toEqual([
      'write-escrow-package',
      'copy-escrow-package',
      'register-escrow-package',
    ])
    const [written, , registered] = await stage.walk(plan)
    const id = packageIdOf(stage.run)
    const listed = stage.means.register.package(id)
    expect(listed.storedAt.map(({ kind, state }) => [kind, state])).toEqual([
      ['folder', 'escrowed'],
      ['usb', 'escrowed'],
    ])
    expect(written?.evidence[0]?.value).toBe(listed.manifestSha256)
    expect(registered?.proofs.map(({ level, by, key }) => [key, level, by])).toEqual([
      ['Certificate KT_One', 'matched', 'keyturn'],
      ['Certificate KT_One', 'matched', 'keyturn'],
    ])
    for (const place of ['p-one', 'p-two'] as const) {
      const text = await open(place, 1)
      const certificate = new X509Certificate(text)
      expect(certificate.checkPrivateKey(createPrivateKey(text))).toBe(true)
      expect(certificate.fingerprint.replaceAll(':', '')).toBe(registered?.proofs[0]?.thumbprint)
      expect(await open(place, 2)).toBe(keptText)
    }
    const files = await readPackageFolder(join(stage.folder('p-two'), packageFolderName(id)))
    const byCertificate = openItem(
      files,
      { kind: 'nobody' },
      {
        kind: 'private-key',
        pkcs8: (await import('../../support/escrow-package.ts')).pkcs8Of(pem.privateKey),
      },
      1,
    )
    expect(byCertificate.content.use((key) => createPublicKey(createPrivateKey(key)))).toBeDefined()
  }, 60_000)
})
