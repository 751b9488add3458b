"""What the demo's companies write, in the languages of those they write to, and what comes back."""

from __future__ import annotations

from random import Random
from typing import Final

# {code}, {order}, {hour}, {day}, {minutes} are filled in.
LOGISTICS: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "{code} is your Harbourline code. It is valid for 10 minutes. Never share it with anyone.",
        "Harbourline: your parcel {order} is on its way and arrives today between {hour}:00 and {hour}:45.",
        "Harbourline: parcel {order} was delivered at {hour}:12. It was handed to a neighbour.",
        "We missed you! Parcel {order} waits at the pick-up point until {day}. Your code: {code}.",
        "Harbourline: customs needs a declaration for {order}. Please sign in to complete it.",
        "Your booking {order} is confirmed: collection on {day}, {hour}:00. Reply NO to change it.",
    ),
    "de": (
        "{code} ist Ihr Harbourline-Code. Er gilt 10 Minuten. Geben Sie ihn niemandem weiter.",
        "Harbourline: Ihr Paket {order} wird heute zwischen {hour}:00 und {hour}:45 Uhr zugestellt.",
        "Paket {order} konnte nicht zugestellt werden. Abholung bis {day} mit dem Code {code}.",
        "Harbourline: Ihre Sendung {order} wurde um {hour}:12 Uhr zugestellt. Schönen Tag!",
    ),
    "fr": (
        "{code} est votre code Harbourline. Il est valable 10 minutes. Ne le communiquez à personne.",
        "Harbourline : votre colis {order} sera livré aujourd'hui entre {hour}h00 et {hour}h45.",
        "Votre colis {order} vous attend au point relais jusqu'au {day}. Code de retrait : {code}.",
        "Harbourline : le colis {order} a été remis à {hour}h12. Merci de votre confiance.",
    ),
    "es": (
        "{code} es tu código de Harbourline. Caduca en 10 minutos. No lo compartas con nadie.",
        "Harbourline: tu paquete {order} llega hoy entre las {hour}:00 y las {hour}:45.",
        "No estabas en casa. Recoge el paquete {order} hasta el {day} con el código {code}.",
    ),
    "pt": (
        "{code} é o seu código Harbourline. Válido por 10 minutos. Não compartilhe com ninguém.",
        "Harbourline: sua encomenda {order} chega hoje entre {hour}h00 e {hour}h45.",
        "Sua encomenda {order} está no ponto de retirada até {day}. Código de retirada: {code}.",
    ),
    "sv": (
        "{code} är din Harbourline-kod. Den gäller i 10 minuter. Dela den inte med någon.",
        "Harbourline: paketet {order} levereras i dag mellan {hour}.00 och {hour}.45.",
        "Paket {order} finns att hämta till och med {day}. Ta med legitimation och kod {code}.",
    ),
    "zh": (
        "【海线物流】您的验证码是 {code},10 分钟内有效。请勿告知他人。",
        "【海线物流】您的包裹 {order} 正在派送,预计今天 {hour}:00 至 {hour}:45 送达。",
        "【海线物流】包裹 {order} 已放入快递柜,取件码 {code},请于{day}前领取。",
        "【海线物流】包裹 {order} 已于 {hour}:12 签收。感谢您的信任!",
    ),
    "ja": (
        "【ハーバーライン】認証コードは {code} です。10分以内に入力してください。他人に教えないでください。",
        "【ハーバーライン】お荷物 {order} は本日 {hour}時から{hour}時45分の間にお届けします。",
        "【ハーバーライン】お荷物 {order} を {day} までお預かりしています。受取番号:{code}",
    ),
    "hi": (
        "आपका हार्बरलाइन कोड {code} है। यह 10 मिनट तक मान्य है। इसे किसी के साथ साझा न करें।",
        "हार्बरलाइन: आपका पार्सल {order} आज {hour}:00 से {hour}:45 के बीच पहुँचेगा।",
        "हार्बरलाइन: पार्सल {order} {day} तक पिकअप केंद्र पर उपलब्ध है। कोड: {code}",
    ),
    "ar": (
        "رمز هاربرلاين الخاص بك هو {code}. صالح لمدة 10 دقائق. لا تشاركه مع أحد.",
        "هاربرلاين: ستصل شحنتك {order} اليوم بين الساعة {hour}:00 و{hour}:45.",
        "هاربرلاين: شحنتك {order} في نقطة الاستلام حتى {day}. رمز الاستلام {code}.",
    ),
}
CLINIC: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "Tidewater Dental: your appointment is on {day} at {hour}:30. Reply YES to confirm or NO to change.",
        "Tidewater Dental: your appointment is moved to {day}, {hour}:00. Call us if this does not suit.",
        "{code} is your sign-in code for Tidewater Dental. It is valid for 5 minutes.",
        "Tidewater Dental: it is time for your check-up 🦷 Book online or call us between 9:00 and 17:00.",
    ),
    "fr": (
        "Tidewater Dental : rappel de votre rendez-vous le {day} à {hour}h30. Répondez OUI pour confirmer.",
    ),
}
REPLIES: Final[dict[str, tuple[str, ...]]] = {
    "en": ("YES", "NO", "Thanks!", "Can you come after 5 please?", "Leave it with no. 12 next door", "👍"),
    "de": ("Danke!", "JA", "Bitte beim Nachbarn abgeben, danke."),
    "fr": ("OUI", "Merci beaucoup !", "Je serai là après 18h."),
    "es": ("SÍ", "Gracias, dejadlo en portería."),
    "pt": ("SIM", "Obrigada!"),
    "sv": ("JA", "Tack!"),
    "zh": ("好的,谢谢", "请放门口"),
    "ja": ("了解しました", "宅配ボックスにお願いします"),
    "hi": ("हाँ", "धन्यवाद"),
    "ar": ("نعم", "شكراً"),
}
_DAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes"),
    "pt": ("segunda", "terça", "quarta", "quinta", "sexta"),
    "sv": ("måndag", "tisdag", "onsdag", "torsdag", "fredag"),
    "zh": ("周一", "周二", "周三", "周四", "周五"),
    "ja": ("月曜日", "火曜日", "水曜日", "木曜日", "金曜日"),
    "hi": ("सोमवार", "मंगलवार", "बुधवार", "गुरुवार", "शुक्रवार"),
    "ar": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة"),
}


def outbound(texts: dict[str, tuple[str, ...]], language: str, rng: Random) -> str:
    template = rng.choice(texts.get(language) or texts["en"])
    return template.format(
        code=f"{rng.randrange(1_000_000):06}",
        order=f"HL{rng.randrange(10_000_000):07}",
        hour=rng.randrange(9, 19),
        day=rng.choice(_DAYS[language]),
    )


def inbound(language: str, rng: Random) -> str:
    return rng.choice(REPLIES[language])
