import {
  answersOfRotation,
  certificateBatch,
  masterKeyBatch,
  onServer,
} from '../../support/certificate-answers.ts'
import { localFolder, type CrashScenario } from '../scenario.ts'

const server = 'ktr-sqlprod-01'
const oldCertificate = 'KT_Backup_2026'

export const backupCertificateRotation: CrashScenario = {
  job: 'backup-certificate-rotation',
  servers: [server],
  prepare: (stage) =>
    onServer(
      stage,
      server,
      masterKeyBatch,
      certificateBatch(oldCertificate),
      `BACKUP DATABASE [Payroll] TO DISK = N'D:\\Backup\\old.bak' WITH FORMAT, DESCRIPTION = N'not of keyturn', ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [${oldCertificate}])`,
    ),
  answers: ({ ask }) => answersOfRotation(ask, { server, localFolder, oldCertificate }),
  middle: null,
  shortPoints: 4,
}
