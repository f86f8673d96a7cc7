"""Simplified and traditional forms of common Chinese characters."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["TRADITIONAL", "written_variant"]

_SIMPLIFIED_FORMS = (
    "无权这个资讯说讲开处满讨论谈评发执绝违规则让话难办并给对帮协复写义虑应当与为关内须属隐获于们没愿该创会诉请紧护来从边问题码号据参继续订单诺许"
    "时间国过还进现经样点学种动长东车马门见书电钱银买卖价员店营业务产图网络线视听语词译读认识计设记录证试调谢询欢迎节观觉实际宝养体验旧厂厅压厌"
    "历县双变只台叶叹听启响团园围场坏块声备头夹奖妇妈孙宁宽将尔尘尝层岁岛币师带帮广庄庆库应庙废张弹强归录彻忆态总恋恶悬惊惯愤战扑扫扬扰抚抛护报"
    "担拟拥择挂挡挥换损摆摇敌数断显晓暂术机杀杂极构枪标栋树桥梦检楼欧岁毁气汉汤沟泪泽洁浅测济浓涛润涨渐湿湾滚热爱爷牵犹独狭献环电疗疯盐监盖盘"
    "矿确础礼离积称稳穷窃竞笔筑简类粮紧红级纪纯纸纽组细织终结绕绘给络统绿缓编缘缩罗罢职联肃肤肾胀胆胜脉脑脏脚舰艰艺苏药营萝虽虾蚁补装赵赶跃践轮"
    "软轻较辆输辞达迁运近远连迟适选递释针钟钢铁铺链锁错键镇闪闭闲闹闻阅阳阴阵阶随险难静页顶项顺顾顿预领频颗颜额风飞饭饮饰馆驱驶驾骂骄鱼鲜鸟鸡鸣鸭"
    "麦黄齐齿龙龟"
)
_TRADITIONAL_FORMS = (
    "無權這個資訊說講開處滿討論談評發執絕違規則讓話難辦並給對幫協復寫義慮應當與為關內須屬隱獲於們沒願該創會訴請緊護來從邊問題碼號據參繼續訂單諾許"
    "時間國過還進現經樣點學種動長東車馬門見書電錢銀買賣價員店營業務產圖網絡線視聽語詞譯讀認識計設記錄證試調謝詢歡迎節觀覺實際寶養體驗舊廠廳壓厭"
    "歷縣雙變隻臺葉嘆聽啟響團園圍場壞塊聲備頭夾獎婦媽孫寧寬將爾塵嘗層歲島幣師帶幫廣莊慶庫應廟廢張彈強歸錄徹憶態總戀惡懸驚慣憤戰撲掃揚擾撫拋護報"
    "擔擬擁擇掛擋揮換損擺搖敵數斷顯曉暫術機殺雜極構槍標棟樹橋夢檢樓歐歲毀氣漢湯溝淚澤潔淺測濟濃濤潤漲漸濕灣滾熱愛爺牽猶獨狹獻環電療瘋鹽監蓋盤"
    "礦確礎禮離積稱穩窮竊競筆築簡類糧緊紅級紀純紙紐組細織終結繞繪給絡統綠緩編緣縮羅罷職聯肅膚腎脹膽勝脈腦臟腳艦艱藝蘇藥營蘿雖蝦蟻補裝趙趕躍踐輪"
    "軟輕較輛輸辭達遷運近遠連遲適選遞釋針鐘鋼鐵鋪鏈鎖錯鍵鎮閃閉閒鬧聞閱陽陰陣階隨險難靜頁頂項順顧頓預領頻顆顏額風飛飯飲飾館驅駛駕罵驕魚鮮鳥雞鳴鴨"
    "麥黃齊齒龍龜"
)

TRADITIONAL: Mapping[str, str] = MappingProxyType(
    {plain: full for plain, full in zip(_SIMPLIFIED_FORMS, _TRADITIONAL_FORMS, strict=True) if plain != full}
)
"""Simplified character → its traditional form, where they differ."""

_ONLY_TRADITIONAL = frozenset(TRADITIONAL.values()) - frozenset(TRADITIONAL)
_ONLY_SIMPLIFIED = frozenset(TRADITIONAL) - frozenset(TRADITIONAL.values()) - {"只", "台", "于", "尔", "当", "系"}


def written_variant(text: str) -> str:
    """Return ``zh-cn`` or ``zh-tw``, as a Chinese text has more simplified or traditional characters, or ""."""
    simplified = sum(character in _ONLY_SIMPLIFIED for character in text)
    traditional = sum(character in _ONLY_TRADITIONAL for character in text)
    return "" if simplified == traditional else "zh-cn" if simplified > traditional else "zh-tw"
