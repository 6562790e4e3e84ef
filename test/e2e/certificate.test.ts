import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSelfSigned, thumbprintOf, writePvk } from '../../sandbox/sqlserver/files/index.ts'
import { certificateBatch, masterKeyBatch, onServer } from '../support/certificate-answers.ts'
import { buildHouse, heading, localFolder, prodServer, visit, type Visit } from './house.ts'
import { faultsOf } from './layout.ts'

const filePassword = 'Window-File-Password-1'

describe('certificates through the window', () => {
  const house = buildHouse()
  let window: Visit
  let thumbprint = ''

  beforeAll(async () => {
    window = await house.open()
    await onServer(window, prodServer, masterKeyBatch, certificateBatch('KT_Backup_2026'))
    const pair = await makeSelfSigned({
      subject: 'Brought along',
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2040-01-01T00:00:00Z'),
      bits: 2048,
    })
    thumbprint = thumbprintOf(pair.certificate).toString('hex').toUpperCase()
    writeFileSync(join(house.home, localFolder, 'pair.cer'), pair.certificate)
    writeFileSync(
      join(house.home, localFolder, 'pair.pvk'),
      writePvk(pair.privateKey, Buffer.from(filePassword)),
    )
  })
  afterAll(async () => {
    await window.close()
    await house.end()
  })

  const next = (name = 'Next'): Promise<void> =>
    window.page.getByRole('button', { name, exact: true }).click()

  const looksRight = async (): Promise<void> => expect(await faultsOf(window.page, window.ask)).toEqual([])

  /** From the review to the result. */
  const run = async (steps: number): Promise<void> => {
    const { page } = window
    const button = page.getByRole('button', { name: new RegExp(`^Run ${steps} steps`) })
    await button.waitFor()
    await looksRight()
    await page.getByLabel('Ticket number').fill('CHG-2050')
    await page.getByLabel('Reason', { exact: true }).fill('Certificates through the window')
    await button.click()
    await page.getByRole('heading', { name: 'Not checked' }).waitFor()
    await looksRight()
  }

  test('a pair in a folder is picked, opened, and comes to the server', async () => {
    const { page, chooseFolder } = window
    await visit(page, '#/setup/certificate/new', 'Work with one certificate of a server')
    await next()
    await heading(page, 'What is to be done with a certificate?').waitFor()
    await page.getByRole('radio', { name: prodServer }).check()
    await page.getByRole('radio', { name: /^Import from files in a folder of yours/ }).check()
    await looksRight()
    await next()
    await heading(page, 'Which certificate?').waitFor()
    expect(await page.getByLabel('Expires on (UTC)').count()).toBe(0)
    await page.getByLabel('Name of the certificate').fill('KT_Brought')
    await page.getByRole('radio', { name: /^TDE/ }).check()
    await looksRight()
    await next()
    await heading(page, 'Where from, and where to?').waitFor()
    await page.getByRole('button', { name: 'Choose folder' }).click()
    await chooseFolder(localFolder)
    await page.getByRole('radio', { name: /^pair\.cer/ }).check()
    // The .pvk of the same name is proposed.
    await page.getByRole('radio', { name: /^pair\.pvk/, checked: true }).waitFor()
    await page.getByLabel('Password of the file with the private key', { exact: true }).fill(filePassword)
    await looksRight()
    await next('Review plan')
    await run(2)
    await heading(
      page,
      /^Certificate KT_Brought: there, its private key under the database master key, read from ktr-sqlprod-01 on/,
    ).waitFor()
    const shown = (await page.getByRole('main').textContent()) ?? ''
    expect(shown.replaceAll(/\s/g, '')).toContain(thumbprint)
    expect(shown).not.toContain(filePassword)
  })

  test('the backup certificate is rotated: the job that names the old one is listed, the old one stays', async () => {
    const { page, chooseFolder } = window
    await visit(
      page,
      '#/setup/backup-certificate-rotation/new',
      'Replace the certificate that backups are encrypted with',
    )
    await next()
    await heading(page, 'Which certificate is replaced, and by what?').waitFor()
    await page.getByRole('radio', { name: prodServer }).check()
    await page.getByRole('radio', { name: /^KT_Backup_2026/ }).check()
    await page.getByLabel('Name of the new certificate').fill('KT_Backup_2027')
    await page.getByLabel('Subject of the new certificate').fill('Backup encryption 2027')
    await page.getByLabel('Expires on (UTC)').fill('2031-12-31')
    await looksRight()
    await next()
    await heading(page, 'Where do copies of the new key go, and how are they opened?').waitFor()
    await page.getByRole('button', { name: 'Generate' }).click()
    await page.getByText(/^Kept as/).waitFor()
    await page.getByRole('button', { name: 'Choose folder' }).click()
    await chooseFolder(localFolder)
    await looksRight()
    await next('Review plan')
    await page.getByText(/Job Nightly encrypted backups, step 1 \(Sales\) names KT_Backup_2026/).waitFor()
    await run(6)
    await heading(
      page,
      /^Certificate KT_Backup_2027: another thumbprint than KT_Backup_2026, which is there with its private key/,
    ).waitFor()
    await page
      .getByText(/Names KT_Backup_2026: put KT_Backup_2027 in its place/)
      .first()
      .waitFor()
    await visit(page, '#/keys', 'Keys of the connected servers, vaults and tokens')
    for (const name of [/^KT_Backup_2026/, /^KT_Backup_2027/])
      await page.getByRole('gridcell', { name }).first().waitFor()
  })
})
