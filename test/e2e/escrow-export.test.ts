import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { STORAGE } from '../../sandbox/azure/estate-ids.ts'
import { openItem } from '../../electron/escrow/package/open.ts'
import { readPackageFolder } from '../../electron/escrow/place-folder.ts'
import { prepareGroup, prepareServer, type Holders } from '../support/escrow-export-answers.ts'
import { wordsOf } from '../support/escrow-package.ts'
import { buildHouse, heading, prodServer, visit, type Visit } from './house.ts'
import { faultsOf } from './layout.ts'

const vaultKey = 'ktr-tde-sql01'
const typed = 'Window-Passphrase-Of-The-Farm-1'

describe('an escrow export through the window', () => {
  const house = buildHouse()
  let window: Visit
  let holders: Holders

  beforeAll(async () => {
    mkdirSync(house.profile)
    holders = await prepareGroup(house)
    mkdirSync(join(house.home, 'key-files'))
    writeFileSync(join(house.home, 'key-files', 'tde-2026.backup'), 'as the vault gave it')
    window = await house.open()
    await prepareServer(window)
  })
  afterAll(async () => {
    await window.close()
    await house.end()
  })

  const next = (name = 'Next'): Promise<void> =>
    window.page.getByRole('button', { name, exact: true }).click()
  const looksRight = async (): Promise<void> => expect(await faultsOf(window.page, window.ask)).toEqual([])
  const folder = async (label: string, name: string): Promise<void> => {
    await window.page
      .getByRole('group', { name: label, exact: true })
      .getByRole('button', { name: 'Choose folder' })
      .click()
    await window.chooseFolder(name)
  }

  test('keys, files, recipients and places lead to a package that was read back, and shares open it', async () => {
    const { page } = window
    await visit(page, '#/escrow', /^Share groups and escrow packages/)
    await page.getByRole('link', { name: 'Write keys into a package' }).first().click()
    await heading(page, 'Put keys in escrow').waitFor()
    await next()
    await heading(page, 'What is to be escrowed?').waitFor()
    await page.getByRole('radio', { name: prodServer }).check()
    await page.getByRole('checkbox', { name: /^KT_Escrowed/ }).check()
    await page.getByRole('checkbox', { name: /^Certificates that nothing on record uses/ }).check()
    await page.getByRole('checkbox', { name: /^Private key file of KT_Escrowed/ }).check()
    await page.getByRole('radio', { name: /^ktr-subscription/ }).check()
    await page.getByRole('radio', { name: /^ktr-vault-weu/ }).check()
    await page.getByRole('checkbox', { name: new RegExp(`^${vaultKey}`) }).check()
    await page.getByText(/A backup opens in/).waitFor()
    await looksRight()
    await next()
    await heading(page, 'Which key files and passphrases of yours?').waitFor()
    await folder('Folder of yours with key files', 'key-files')
    await page.getByRole('checkbox', { name: /^tde-2026\.backup/ }).check()
    await page.getByLabel('Passphrase of another system', { exact: true }).fill(typed)
    await page.getByLabel('What that passphrase opens').fill('Secure Store of the farm')
    await page.getByLabel('Backup that was made under it').fill('farm backup 0042')
    await looksRight()
    await next()
    await heading(page, 'Who is to open it?').waitFor()
    await page.getByRole('radio', { name: /^Recovery of Contoso/, checked: true }).waitFor()
    await folder('Folder of yours with certificates', 'recipients')
    await page
      .getByRole('checkbox', { name: /^custodian\.cer/ })
      .first()
      .check()
    await looksRight()
    await next()
    await heading(page, 'Where is the package to be kept?').waitFor()
    await folder('First place: folder', 'place-one')
    const secondPlace = page.getByRole('radiogroup', { name: 'Second place', exact: true })
    await secondPlace.getByRole('radio', { name: /^Blob container/ }).check()
    await page.getByRole('radio', { name: new RegExp(`^${STORAGE.account}`) }).check()
    await page.getByRole('radio', { name: new RegExp(`^${STORAGE.container}`) }).check()
    await looksRight()
    await next('Review plan')
    await page.getByText(/keeps no versions$/).waitFor()
    const button = page.getByRole('button', { name: /^Run 3 steps/ })
    await button.waitFor()
    await looksRight()
    await page.getByLabel('Ticket number').fill('CHG-2051')
    await page.getByLabel('Reason', { exact: true }).fill('Keys into escrow')
    await button.click()
    await heading(page, /^Escrow package ep-\w{12}: \d+ files, each as the signed manifest/).waitFor()
    await page.getByText(/^The package was not opened: nobody brought shares/).waitFor()
    await looksRight()
    const shown = (await page.getByRole('main').textContent()) ?? ''
    expect(shown).toContain('any 2 of 3 shares')
    expect(shown).not.toContain(typed)

    const place = join(house.home, 'place-one')
    const [name = ''] = readdirSync(place)
    const files = await readPackageFolder(join(place, name))
    const shares = wordsOf(...holders.shares.slice(0, 2))
    const passphrase = openItem(files, { kind: 'nobody' }, { kind: 'shares', shares }, 5).content
    expect(passphrase.use((bytes) => bytes.toString())).toBe(typed)
    for (const file of ['escrow.json', 'keyturn.log', 'record.db'])
      expect(readFileSync(join(house.profile, file), 'latin1')).not.toContain(typed)

    await visit(page, '#/escrow', /^Share groups and escrow packages/)
    await page.getByText(name.replace('keyturn-escrow-', '')).first().waitFor()
    await page.getByText('escrowed').first().waitFor()
  })

  test('the package is verified in its container, and copied from there into a folder', async () => {
    const { page } = window
    mkdirSync(join(house.home, 'fetched'))
    await visit(page, '#/escrow/verify', /^Is this package whole/)
    await page
      .getByLabel('Address of the container')
      .fill(`https://${STORAGE.account}.blob.core.windows.net/${STORAGE.container}`)
    await page.getByRole('button', { name: 'List its packages' }).click()
    await page.getByRole('radio', { name: /^ep-/ }).waitFor()
    await looksRight()
    await page.getByRole('button', { name: 'Verify it there' }).click()
    await page.getByText(/files, manifest and signature fit together$/).waitFor()
    await page.getByText('the same manifest').waitFor()
    await looksRight()
    await page.getByRole('button', { name: /^Copy it to a folder/ }).click()
    await window.chooseFolder('fetched')
    await page.getByText(/fetched\/keyturn-escrow-ep-/).waitFor()
    const [copy = ''] = readdirSync(join(house.home, 'fetched'))
    const files = await readPackageFolder(join(house.home, 'fetched', copy))
    const shares = wordsOf(...holders.shares.slice(1))
    const backup = openItem(files, { kind: 'nobody' }, { kind: 'shares', shares }, 3).content
    expect(backup.use((bytes) => bytes.toString('latin1'))).toContain('AzureKeyVaultKeyBackupV1')
  })
})
