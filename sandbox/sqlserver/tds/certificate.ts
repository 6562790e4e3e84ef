/** Every simulator that speaks TLS gets its certificate from the same place. */
export { makeServerCertificate } from '../../common/server-certificate.ts'
