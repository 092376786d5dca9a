import { file, hostAndPort, integer, setting, url } from './base/setting.js';

/** The settings of the record of who used what. */
export const AUDIT_SETTINGS = {
  AUDIT_RETENTION_YEARS: setting(
    integer(1, 100),
    '6',
    'years',
    'So long the record of who used what is kept (HIPAA 45 CFR 164.316(b)(2) asks for 6); older days are removed, their roots stay.',
  ),
  AUDIT_FHIR_URL: setting(
    url,
    undefined,
    'URL',
    'Base of an audit record repository that takes FHIR (ITI-20): every event is also posted to AuditEvent below it.',
  ),
  AUDIT_SYSLOG: setting(
    hostAndPort,
    undefined,
    'host:port',
    'An audit record repository that takes syslog over TLS (RFC 5425): every event is also sent there as an audit message of DICOM.',
  ),
  AUDIT_SYSLOG_CA_FILE: setting(
    file,
    undefined,
    'file',
    'PEM certificates of who vouches for AUDIT_SYSLOG; unset: the authorities that Node knows.',
  ),
} as const;
