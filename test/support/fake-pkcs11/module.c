/*
 * A PKCS#11 module for tests: one slot, one token, one RSA key that "signs" constant bytes. How it misbehaves stands in the
 * file that SOFTHSM2_CONF names, read anew at each call: lines "word argument".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long UL;
typedef unsigned char BYTE;
typedef struct { BYTE major, minor; } Version;
#pragma pack(push, 8)
typedef struct { Version cryptoki; BYTE manufacturer[32]; UL flags; BYTE description[32]; Version library; } Info;
typedef struct { BYTE description[64], manufacturer[32]; UL flags; Version hardware, firmware; } SlotInfo;
typedef struct {
  BYTE label[32], manufacturer[32], model[16], serial[16];
  UL flags, maxSession, session, maxRw, rw, maxPin, minPin, totalPublic, freePublic, totalPrivate, freePrivate;
  Version hardware, firmware;
  BYTE utc[16];
} TokenInfo;
typedef struct { UL slot, state, flags, error; } SessionInfo;
typedef struct { UL type; void *value; UL length; } Attribute;
typedef struct { UL least, most, flags; } MechanismInfo;
#pragma pack(pop)

#define OK 0x0UL
#define NOT_SUPPORTED 0x54UL
#define ATTRIBUTE_TYPE_INVALID 0x12UL
#define UNAVAILABLE (~0UL)

/* The number after the word, -1 when the word is not there. */
static long told(const char *word) {
  const char *path = getenv("SOFTHSM2_CONF");
  FILE *file = path ? fopen(path, "r") : NULL;
  char name[64];
  long value, found = -1;
  if (!file) return -1;
  while (fscanf(file, "%63s %ld", name, &value) == 2)
    if (strcmp(name, word) == 0) found = value;
  fclose(file);
  return found;
}

/* Crashes, hangs or refuses, as the file says of this function: "crash-C_Sign 1", "refuse-C_Sign 48". */
static UL meet(const char *function) {
  char word[64];
  long number;
  snprintf(word, sizeof word, "crash-%s", function);
  if (told(word) >= 0) abort();
  snprintf(word, sizeof word, "hang-%s", function);
  if (told(word) >= 0) {
    /* Says that it hangs, in a file beside its own. */
    char path[512];
    FILE *mark;
    snprintf(path, sizeof path, "%s.hangs", getenv("SOFTHSM2_CONF"));
    mark = fopen(path, "w");
    if (mark) fclose(mark);
    for (;;) sleep(1000);
  }
  snprintf(word, sizeof word, "print-%s", function);
  if (told(word) >= 0) { printf("what a vendor prints\n"); fflush(stdout); }
  snprintf(word, sizeof word, "refuse-%s", function);
  number = told(word);
  return number > 0 ? (UL)number : OK;
}

static void put(BYTE *field, UL size, const char *text) {
  UL length = strlen(text);
  memset(field, ' ', size);
  memcpy(field, text, length < size ? length : size);
}

static UL unsupported(void) { return NOT_SUPPORTED; }
static UL initialize(void *arguments) { (void)arguments; return meet("C_Initialize"); }
static int logged_in;
static UL finalize(void *reserved) { (void)reserved; logged_in = 0; return meet("C_Finalize"); }
static UL getInfo(Info *info) {
  memset(info, 0, sizeof *info);
  info->cryptoki.major = 2;
  info->cryptoki.minor = 40;
  put(info->manufacturer, 32, "Keyturn tests");
  put(info->description, 32, "A module that misbehaves");
  return meet("C_GetInfo");
}
static UL getSlotList(BYTE present, UL *slots, UL *count) {
  long more = told("slots");
  UL answer = more > 0 ? (UL)more : 1, at;
  (void)present;
  if (slots) for (at = 0; at < answer; at++) slots[at] = at;
  *count = answer;
  return meet("C_GetSlotList");
}
static UL getSlotInfo(UL slot, SlotInfo *info) {
  (void)slot;
  memset(info, 0, sizeof *info);
  put(info->description, 64, "slot");
  put(info->manufacturer, 32, "Keyturn tests");
  return meet("C_GetSlotInfo");
}
static UL getTokenInfo(UL slot, TokenInfo *info) {
  long flags = told("flags");
  (void)slot;
  memset(info, 0, sizeof *info);
  put(info->label, 32, told("evil-label") >= 0 ? "a\x1b[2J\r\nb\xff" : "fake");
  put(info->manufacturer, 32, "Keyturn tests");
  put(info->model, 16, told("other-model") >= 0 ? "another" : "fake");
  put(info->serial, 16, told("other-serial") >= 0 ? "2222" : "1111");
  info->flags = flags >= 0 ? (UL)flags : 0x40dUL;
  info->maxPin = 16;
  info->minPin = 4;
  return meet("C_GetTokenInfo");
}
static UL getMechanismList(UL slot, UL *list, UL *count) {
  (void)slot;
  if (list) { list[0] = 0x0; list[1] = 0x40; }
  *count = 2;
  return meet("C_GetMechanismList");
}
static UL getMechanismInfo(UL slot, UL type, MechanismInfo *info) {
  (void)slot; (void)type;
  info->least = 512; info->most = 4096; info->flags = 0;
  return meet("C_GetMechanismInfo");
}
static UL openSession(UL slot, UL flags, void *application, void *notify, UL *session) {
  (void)slot; (void)flags; (void)application; (void)notify;
  *session = 7;
  return meet("C_OpenSession");
}
static UL closeSession(UL session) { (void)session; return OK; }
/* CKS_RW_USER_FUNCTIONS after a login, CKS_RW_PUBLIC_SESSION else. */
static UL getSessionInfo(UL session, SessionInfo *info) {
  (void)session;
  memset(info, 0, sizeof *info);
  info->state = logged_in ? 3 : 2;
  return meet("C_GetSessionInfo");
}
/* Counts attempts in a file beside its own, so that a test sees how many there were. */
static UL login(UL session, UL user, BYTE *pin, UL length) {
  char path[512];
  FILE *attempts;
  UL met;
  (void)session; (void)user;
  snprintf(path, sizeof path, "%s.attempts", getenv("SOFTHSM2_CONF"));
  attempts = fopen(path, "a");
  if (attempts) { fputs("x", attempts); fclose(attempts); }
  met = meet("C_Login");
  if (met != OK) return met;
  if (length != 4 || memcmp(pin, "1234", 4) != 0) return 0xa0UL;
  logged_in = 1;
  return OK;
}
static UL logout(UL session) { (void)session; logged_in = 0; return meet("C_Logout"); }
static UL class_wanted, given;
static UL findInit(UL session, Attribute *template, UL count) {
  UL at;
  (void)session;
  class_wanted = UNAVAILABLE;
  given = 0;
  /* A token that forgets the login by itself shows no private key then. */
  if (told("drops-login") >= 0) logged_in = 0;
  for (at = 0; at < count; at++)
    if (template[at].type == 0 && template[at].length == sizeof(UL)) class_wanted = *(UL *)template[at].value;
  return meet("C_FindObjectsInit");
}
static UL find(UL session, UL *objects, UL most, UL *count) {
  long lie = told("find-count");
  (void)session;
  *count = 0;
  if (told("endless-find") >= 0) {
    for (*count = 0; *count < most; (*count)++) objects[*count] = 5;
    return OK;
  }
  if (class_wanted == 3 && logged_in && given == 0 && most > 0) { objects[0] = 5; *count = 1; given = 1; }
  if (lie > 0) *count = most + (UL)lie;
  return meet("C_FindObjects");
}
static UL findFinal(UL session) { (void)session; return OK; }
static UL getAttribute(UL session, UL object, Attribute *attributes, UL count) {
  UL at, met = meet("C_GetAttributeValue");
  long longer = told("attribute-length"), huge = told("attribute-second-length");
  (void)session; (void)object;
  if (met != OK) return met;
  for (at = 0; at < count; at++) {
    Attribute *one = &attributes[at];
    static BYTE modulus[256];
    UL number = 3, zero = 0;
    const void *value;
    UL length;
    memset(modulus, 0xc5, sizeof modulus);
    switch (one->type) {
      case 0x0: value = &number; length = sizeof number; break;
      case 0x100: value = &zero; length = sizeof zero; break;
      case 0x3: value = "key"; length = 3; break;
      case 0x102: value = "\xaa"; length = 1; break;
      case 0x120: value = modulus; length = sizeof modulus; break;
      case 0x122: value = "\x01\x00\x01"; length = 3; break;
      default: one->length = UNAVAILABLE; return ATTRIBUTE_TYPE_INVALID;
    }
    if (longer > 0 && one->type == 0x3) {
      if (one->value) memset(one->value, 'a', one->length);
      one->length = (UL)longer;
      continue;
    }
    if (one->value) memcpy(one->value, value, length);
    one->length = one->value && huge > 0 ? (UL)huge : length;
  }
  return OK;
}
static UL signInit(UL session, void *mechanism, UL key) {
  (void)session; (void)mechanism; (void)key;
  return meet("C_SignInit");
}
static UL sign(UL session, BYTE *data, UL length, BYTE *signature, UL *room) {
  long lie = told("sign-length");
  UL met = meet("C_Sign");
  (void)session; (void)data; (void)length;
  if (met != OK) return met;
  memset(signature, 0x5a, *room < 256 ? *room : 256);
  *room = lie >= 0 ? (UL)lie : 256;
  return OK;
}
/* Room for all 68 functions of version 2.40, in its order. */
static struct { Version version; void *functions[68]; } list;

UL C_GetFunctionList(void **answer) {
  UL at;
  list.version.major = 2;
  list.version.minor = 40;
  for (at = 0; at < 68; at++) list.functions[at] = (void *)unsupported;
  void *known[] = {
    (void *)initialize, (void *)finalize, (void *)getInfo, (void *)C_GetFunctionList, (void *)getSlotList,
    (void *)getSlotInfo, (void *)getTokenInfo, (void *)getMechanismList, (void *)getMechanismInfo,
  };
  memcpy(list.functions, known, sizeof known);
  list.functions[12] = (void *)openSession;
  list.functions[13] = (void *)closeSession;
  list.functions[15] = (void *)getSessionInfo;
  list.functions[18] = (void *)login;
  list.functions[19] = (void *)logout;
  list.functions[24] = (void *)getAttribute;
  list.functions[26] = (void *)findInit;
  list.functions[27] = (void *)find;
  list.functions[28] = (void *)findFinal;
  list.functions[42] = (void *)signInit;
  list.functions[43] = (void *)sign;
  *answer = &list;
  return OK;
}
