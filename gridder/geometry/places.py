"""Provinces and cities, coarsely: enough to say near what something lies, and to take a province for a hint.

Boxes of provinces are rounded outward to half a degree, places of cities to a tenth of a degree, so neither
is a boundary or an address.
No outline of a country is kept: an outline that is not the approved one may not be shown in China.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyproj import Geod

from gridder.model import Box, Text

_ELLIPSOID = Geod(ellps="WGS84")
AT_M = 10_000.0
"""Nearer than this to the middle of a city counts as there."""


@dataclass(frozen=True)
class Place:
    """A city and where its middle is, in degrees."""

    name: Text
    longitude: float
    latitude: float


_PROVINCES = """
北京 Beijing 115 39 118 41.5; 天津 Tianjin 116.5 38.5 118.5 40.5; 河北 Hebei 113 36 120 43
山西 Shanxi 110 34.5 115 41; 内蒙古 Inner_Mongolia 97 37 126.5 53.5; 辽宁 Liaoning 118.5 38.5 126 43.5
吉林 Jilin 121.5 40.5 131.5 46.5; 黑龙江 Heilongjiang 121 43 135.5 54; 上海 Shanghai 120.5 30.5 122.5 32
江苏 Jiangsu 116 30.5 122.5 35.5; 浙江 Zhejiang 118 27 123 31.5; 安徽 Anhui 114.5 29 120 35
福建 Fujian 115.5 23.5 121 28.5; 江西 Jiangxi 113.5 24 118.5 30.5; 山东 Shandong 114.5 34 123 38.5
河南 Henan 110 31 117 36.5; 湖北 Hubei 108 29 116.5 33.5; 湖南 Hunan 108.5 24.5 114.5 30.5
广东 Guangdong 109.5 20 117.5 25.5; 广西 Guangxi 104 20.5 112.5 26.5; 海南 Hainan 108.5 18 111.5 20.5
重庆 Chongqing 105 28 110.5 32.5; 四川 Sichuan 97 26 109 34.5; 贵州 Guizhou 103.5 24.5 110 29.5
云南 Yunnan 97 21 106.5 29.5; 西藏 Tibet 78 26.5 99.5 36.5; 陕西 Shaanxi 105 31.5 111.5 40
甘肃 Gansu 92 32.5 109 43; 青海 Qinghai 89 31.5 103.5 39.5; 宁夏 Ningxia 104 35 108 39.5
新疆 Xinjiang 73 34 96.5 49.5; 台湾 Taiwan 119 21.5 122.5 25.5; 香港 Hong_Kong 113.5 22 114.5 23
澳门 Macao 113.5 22 114 22.5
"""

_CITIES = """
北京 Beijing 116.4 39.9; 天津 Tianjin 117.2 39.1; 石家庄 Shijiazhuang 114.5 38.0; 唐山 Tangshan 118.2 39.6
保定 Baoding 115.5 38.9; 邯郸 Handan 114.5 36.6; 张家口 Zhangjiakou 114.9 40.8; 承德 Chengde 117.9 41.0
太原 Taiyuan 112.5 37.9; 大同 Datong 113.3 40.1; 临汾 Linfen 111.5 36.1; 呼和浩特 Hohhot 111.7 40.8
包头 Baotou 109.8 40.7; 赤峰 Chifeng 118.9 42.3; 通辽 Tongliao 122.2 43.7; 呼伦贝尔 Hulunbuir 119.8 49.2
锡林浩特 Xilinhot 116.1 43.9; 额济纳 Ejin 101.1 42.0; 沈阳 Shenyang 123.4 41.8; 大连 Dalian 121.6 38.9
锦州 Jinzhou 121.1 41.1; 丹东 Dandong 124.4 40.1; 长春 Changchun 125.3 43.9; 吉林市 Jilin_City 126.5 43.8
延吉 Yanji 129.5 42.9; 白城 Baicheng 122.8 45.6; 通化 Tonghua 125.9 41.7; 哈尔滨 Harbin 126.6 45.8
齐齐哈尔 Qiqihar 123.9 47.3; 大庆 Daqing 125.0 46.6; 牡丹江 Mudanjiang 129.6 44.6; 佳木斯 Jiamusi 130.4 46.8
鸡西 Jixi 131.0 45.3; 双鸭山 Shuangyashan 131.2 46.6; 鹤岗 Hegang 130.3 47.3; 七台河 Qitaihe 131.0 45.8
伊春 Yichun 128.8 47.7; 黑河 Heihe 127.5 50.2; 绥化 Suihua 127.0 46.6; 建三江 Jiansanjiang 132.6 47.3
抚远 Fuyuan 134.3 48.4; 漠河 Mohe 122.5 53.0; 加格达奇 Jiagedaqi 124.1 50.4; 上海 Shanghai 121.5 31.2
南京 Nanjing 118.8 32.1; 苏州 Suzhou 120.6 31.3; 徐州 Xuzhou 117.2 34.3; 盐城 Yancheng 120.2 33.3
杭州 Hangzhou 120.2 30.3; 宁波 Ningbo 121.5 29.9; 温州 Wenzhou 120.7 28.0; 金华 Jinhua 119.6 29.1
合肥 Hefei 117.2 31.8; 阜阳 Fuyang 115.8 32.9; 黄山 Huangshan 118.3 29.7; 福州 Fuzhou 119.3 26.1
厦门 Xiamen 118.1 24.5; 南平 Nanping 118.2 26.6; 南昌 Nanchang 115.9 28.7; 赣州 Ganzhou 114.9 25.8
济南 Jinan 117.0 36.7; 青岛 Qingdao 120.4 36.1; 临沂 Linyi 118.4 35.1; 烟台 Yantai 121.4 37.5
郑州 Zhengzhou 113.6 34.8; 洛阳 Luoyang 112.5 34.6; 南阳 Nanyang 112.5 33.0; 商丘 Shangqiu 115.7 34.4
武汉 Wuhan 114.3 30.6; 宜昌 Yichang 111.3 30.7; 襄阳 Xiangyang 112.1 32.0; 恩施 Enshi 109.5 30.3
长沙 Changsha 112.9 28.2; 怀化 Huaihua 110.0 27.6; 郴州 Chenzhou 113.0 25.8; 广州 Guangzhou 113.3 23.1
深圳 Shenzhen 114.1 22.5; 湛江 Zhanjiang 110.4 21.3; 汕头 Shantou 116.7 23.4; 南宁 Nanning 108.4 22.8
桂林 Guilin 110.3 25.3; 柳州 Liuzhou 109.4 24.3; 百色 Baise 106.6 23.9; 海口 Haikou 110.3 20.0
三亚 Sanya 109.5 18.3; 重庆 Chongqing 106.6 29.6; 万州 Wanzhou 108.4 30.8; 成都 Chengdu 104.1 30.7
绵阳 Mianyang 104.7 31.5; 宜宾 Yibin 104.6 28.8; 西昌 Xichang 102.3 27.9; 甘孜 Garze 100.0 31.6
贵阳 Guiyang 106.7 26.6; 遵义 Zunyi 106.9 27.7; 昆明 Kunming 102.7 25.0; 大理 Dali 100.2 25.6
景洪 Jinghong 100.8 22.0; 拉萨 Lhasa 91.1 29.7; 日喀则 Shigatse 88.9 29.3; 那曲 Nagqu 92.1 31.5
噶尔 Gar 80.1 32.5; 昌都 Qamdo 97.2 31.1; 西安 Xi'an 108.9 34.3; 榆林 Yulin 109.7 38.3
汉中 Hanzhong 107.0 33.1; 兰州 Lanzhou 103.8 36.1; 张掖 Zhangye 100.4 38.9; 酒泉 Jiuquan 98.5 39.7
敦煌 Dunhuang 94.7 40.1; 西宁 Xining 101.8 36.6; 格尔木 Golmud 94.9 36.4; 玉树 Yushu 97.0 33.0
银川 Yinchuan 106.2 38.5; 乌鲁木齐 Urumqi 87.6 43.8; 喀什 Kashgar 76.0 39.5; 伊宁 Yining 81.3 43.9
阿勒泰 Altay 88.1 47.8; 哈密 Hami 93.5 42.8; 库尔勒 Korla 86.1 41.8; 和田 Hotan 79.9 37.1
阿克苏 Aksu 80.3 41.2; 若羌 Ruoqiang 88.2 39.0; 台北 Taipei 121.5 25.0; 高雄 Kaohsiung 120.3 22.6
香港 Hong_Kong 114.2 22.3; 澳门 Macao 113.5 22.2; 东京 Tokyo 139.7 35.7; 札幌 Sapporo 141.4 43.1
大阪 Osaka 135.5 34.7; 首尔 Seoul 127.0 37.6; 平壤 Pyongyang 125.8 39.0; 海参崴 Vladivostok 131.9 43.1
赤塔 Chita 113.5 52.0; 伊尔库茨克 Irkutsk 104.3 52.3; 雅库茨克 Yakutsk 129.7 62.0; 乌兰巴托 Ulaanbaatar 106.9 47.9
阿拉木图 Almaty 76.9 43.2; 塔什干 Tashkent 69.2 41.3; 新西伯利亚 Novosibirsk 82.9 55.0; 莫斯科 Moscow 37.6 55.8
德里 Delhi 77.2 28.6; 加尔各答 Kolkata 88.4 22.6; 孟买 Mumbai 72.9 19.1; 科伦坡 Colombo 79.9 6.9
加德满都 Kathmandu 85.3 27.7; 达卡 Dhaka 90.4 23.8; 仰光 Yangon 96.2 16.8; 曼谷 Bangkok 100.5 13.8
河内 Hanoi 105.8 21.0; 胡志明市 Ho_Chi_Minh_City 106.7 10.8; 马尼拉 Manila 121.0 14.6; 新加坡 Singapore 103.8 1.3
雅加达 Jakarta 106.8 -6.2; 伊斯兰堡 Islamabad 73.0 33.7; 德黑兰 Tehran 51.4 35.7; 巴格达 Baghdad 44.4 33.3
巴库 Baku 49.9 40.4; 第比利斯 Tbilisi 44.8 41.7; 安卡拉 Ankara 32.9 39.9; 利雅得 Riyadh 46.7 24.7
迪拜 Dubai 55.3 25.2; 开罗 Cairo 31.2 30.0; 内罗毕 Nairobi 36.8 -1.3; 亚的斯亚贝巴 Addis_Ababa 38.7 9.0
拉各斯 Lagos 3.4 6.5; 金沙萨 Kinshasa 15.3 -4.3; 约翰内斯堡 Johannesburg 28.0 -26.2; 开普敦 Cape_Town 18.4 -33.9
温得和克 Windhoek 17.1 -22.6; 卢萨卡 Lusaka 28.3 -15.4; 阿尔及尔 Algiers 3.1 36.8; 卡萨布兰卡 Casablanca -7.6 33.6
达喀尔 Dakar -17.4 14.7; 雅典 Athens 23.7 38.0; 罗马 Rome 12.5 41.9; 马德里 Madrid -3.7 40.4
里斯本 Lisbon -9.1 38.7; 巴黎 Paris 2.3 48.9; 布鲁塞尔 Brussels 4.4 50.8; 阿姆斯特丹 Amsterdam 4.9 52.4
伦敦 London -0.1 51.5; 都柏林 Dublin -6.3 53.3; 柏林 Berlin 13.4 52.5; 慕尼黑 Munich 11.6 48.1
维也纳 Vienna 16.4 48.2; 华沙 Warsaw 21.0 52.2; 基辅 Kyiv 30.5 50.5; 布加勒斯特 Bucharest 26.1 44.4
斯德哥尔摩 Stockholm 18.1 59.3; 奥斯陆 Oslo 10.8 59.9; 赫尔辛基 Helsinki 24.9 60.2; 里加 Riga 24.1 56.9
雷克雅未克 Reykjavik -21.9 64.1; 纽约 New_York -74.0 40.7; 多伦多 Toronto -79.4 43.7; 芝加哥 Chicago -87.6 41.9
丹佛 Denver -105.0 39.7; 休斯敦 Houston -95.4 29.8; 迈阿密 Miami -80.2 25.8; 洛杉矶 Los_Angeles -118.2 34.1
旧金山 San_Francisco -122.4 37.8; 西雅图 Seattle -122.3 47.6; 安克雷奇 Anchorage -149.9 61.2; 温尼伯 Winnipeg -97.1 49.9
火奴鲁鲁 Honolulu -157.9 21.3; 墨西哥城 Mexico_City -99.1 19.4; 波哥大 Bogota -74.1 4.7; 利马 Lima -77.0 -12.0
圣地亚哥 Santiago -70.7 -33.4; 布宜诺斯艾利斯 Buenos_Aires -58.4 -34.6; 巴西利亚 Brasilia -47.9 -15.8
圣保罗 Sao_Paulo -46.6 -23.6; 玛瑙斯 Manaus -60.0 -3.1; 悉尼 Sydney 151.2 -33.9; 墨尔本 Melbourne 145.0 -37.8
布里斯班 Brisbane 153.0 -27.5; 珀斯 Perth 115.9 -31.9; 达尔文 Darwin 130.8 -12.5; 奥克兰 Auckland 174.8 -36.8
"""

_DIRECTIONS = (
    Text("north", "北"),
    Text("north-east", "东北"),
    Text("east", "东"),
    Text("south-east", "东南"),
    Text("south", "南"),
    Text("south-west", "西南"),
    Text("west", "西"),
    Text("north-west", "西北"),
)


def _entries(table: str) -> list[tuple[Text, list[float]]]:
    entries = [entry.split() for line in table.split("\n") for entry in line.split(";") if entry.strip()]
    return [(Text(en.replace("_", " "), zh), [float(n) for n in rest]) for zh, en, *rest in entries]


PROVINCES: tuple[tuple[Text, Box], ...] = tuple(
    (name, (numbers[0], numbers[1], numbers[2], numbers[3])) for name, numbers in _entries(_PROVINCES)
)
CITIES: tuple[Place, ...] = tuple(Place(name, *numbers) for name, numbers in _entries(_CITIES))
_LONGITUDES = np.array([city.longitude for city in CITIES])
_LATITUDES = np.array([city.latitude for city in CITIES])


def near_text(longitude: float, latitude: float) -> Text:
    """Return what lies nearest, in words: `120 km north-east of Harbin`."""
    azimuth, _, metres = _ELLIPSOID.inv(
        _LONGITUDES, _LATITUDES, np.full(len(CITIES), longitude), np.full(len(CITIES), latitude)
    )
    at = int(np.argmin(metres))
    city = CITIES[at].name
    if metres[at] < AT_M:
        return Text(f"at {city.en}", f"{city.zh}一带")
    direction = _DIRECTIONS[round(float(azimuth[at]) / 45.0) % 8]
    km = round(float(metres[at]) / 1000.0, -1 if metres[at] >= 100_000.0 else 0)
    towards = f"以{direction.zh}" if len(direction.zh) == 1 else f"{direction.zh}方向"
    return Text(f"{km:,.0f} km {direction.en} of {city.en}", f"{city.zh}{towards}约 {km:,.0f} 公里")


def in_china(longitude: float, latitude: float) -> bool:
    """Return whether a place lies in the box of a province."""
    return any(w <= longitude <= e and s <= latitude <= n for _, (w, s, e, n) in PROVINCES)


def region_box(words: str) -> Box | None:
    """Return the box that a hint means, or None where it means none.

    Parameters
    ----------
    words
        A province in Chinese or English (`黑龙江`, `黑龙江省`, `Heilongjiang`), a longitude and latitude
        (`126.6,45.8`), or west, south, east, north in degrees.

    Returns
    -------
    tuple of float, or None
        West, south, east, north in degrees; half a degree around a single place.
    """
    name = words.strip()
    for province, box in PROVINCES:
        if name.lower() == province.en.lower() or name.startswith(province.zh):
            return box
    try:
        numbers = [float(part) for part in name.replace("，", ",").split(",")]
    except ValueError:
        return None
    if len(numbers) == 2:
        numbers = [numbers[0] - 0.5, numbers[1] - 0.5, numbers[0] + 0.5, numbers[1] + 0.5]
    if len(numbers) != 4:
        return None
    west, south, east, north = numbers
    if not (-180.5 <= west <= east <= 180.5 and -90.5 <= south <= north <= 90.5):
        return None
    return west, south, east, north
