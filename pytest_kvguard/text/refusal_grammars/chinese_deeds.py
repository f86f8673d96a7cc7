"""What one does not do in Chinese, whatever it is: the speaker denies a deed, and only harmless verbs are left out."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["DEEDS"]

_GAP = r"[^，。,；;！？!?：:]"
# To see, to have, to think, to blame; and what a shop does not do all day.
_HARMLESS = (
    r"(?:忘|骗|让|怪|生气|说谎|撒谎|后悔|知道|懂|认识|在|丢|再|觉得|认为|介意|收|卖|瞒|是|有|说中文|游泳|做饭|害"
    r"|催|嫌|粉饰|打扰|耽误|错过|失望|放弃|离开|迟到|反对|打断|太|很|只|更|吃|喝|睡|哭|累|怕|夸张|啰|多说|废话"
    r"|浪费)"
)

DEEDS = (
    Form(
        "我不|我就不|我也不|我可不|我是不|本馆不|本店不|本院不|馆不",
        (
            r"我(?:就|也|可|是|绝|真)?(?:不会|不想|不愿意?|不打算|不肯|不替|不帮|不给"
            rf"|不为)(?!{_HARMLESS}){_GAP}{{1,8}}",
            r"(?:本店|本馆|本院|本行|本公司|殡仪馆|图书馆|博物馆)[^，。]{0,3}不(?:公开|透露|提供|披露|公布|外借"
            r"|对外)[^，。]{1,8}",
        ),
    ),
)
