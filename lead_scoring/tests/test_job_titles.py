from odoo.tests import TransactionCase, tagged

TITLES = {
    # English
    "Owner": ("owner", None),
    "CEO & Founder": ("owner", None),
    "Co-founder / CTO": ("owner", "product"),
    "Self-employed": ("owner", None),
    "ceo": ("c_level", None),
    "C.E.O.": ("c_level", None),
    "Chief Financial Officer": ("c_level", "finance"),
    "CFO": ("c_level", "finance"),
    "Managing Director": ("c_level", None),
    "Secretary General": ("c_level", None),
    "Sales Director": ("director", "sales"),
    "VP Sales": ("director", "sales"),
    "Vice-President, Marketing": ("director", "marketing"),
    "Head of Purchasing": ("director", "purchasing"),
    "Head of IT": ("director", "it"),
    "Deputy Director": ("director", None),
    "Chief Accountant": ("director", "finance"),
    "Accountant, Head of Sales": ("director", "finance"),
    "HR Manager": ("manager", "hr"),
    "Digital Marketing Manager": ("manager", "marketing"),
    "IT Procurement Manager": ("manager", "purchasing"),
    "Assistant Manager": ("manager", None),
    "Student Success Manager": ("manager", None),
    "Team Lead, Customer Support": ("manager", "service"),
    "Warehouse Supervisor": ("manager", "operations"),
    "Assistant to the Director": ("staff", None),
    "CEO's assistant": ("staff", None),
    "Executive Assistant to the CEO": ("staff", "office"),
    "Product Owner": ("staff", "product"),
    "Accountant": ("staff", "finance"),
    "Software Engineer": ("staff", "it"),
    "Sales Executive": ("staff", "sales"),
    "Lead Generation Specialist": ("staff", "marketing"),
    "R&D engineer": ("staff", "product"),
    "Marketing Intern": ("student", "marketing"),
    "PhD student": ("student", None),
    "Former CEO": ("other", None),
    "Retired": ("other", None),
    "Sales": (None, "sales"),
    # Vietnamese
    "Chủ doanh nghiệp": ("owner", None),
    "Chủ cửa hàng": ("owner", None),
    "Nhà sáng lập": ("owner", None),
    "Tổng Giám đốc": ("c_level", None),
    "Phó Tổng Giám đốc": ("c_level", None),
    "Giám đốc điều hành": ("c_level", None),
    "Giám đốc tài chính": ("c_level", "finance"),
    "Chủ tịch HĐQT": ("c_level", None),
    "Giám đốc": ("director", None),
    "GIÁM ĐỐC KINH DOANH": ("director", "sales"),
    "giam doc kinh doanh": ("director", "sales"),
    "Phó giám đốc": ("director", None),
    "Trưởng phòng Marketing": ("director", "marketing"),
    "Trưởng phòng mua hàng": ("director", "purchasing"),
    "Trưởng phòng nghiên cứu và phát triển": ("director", "product"),
    "Trưởng phòng nguyên liệu": ("director", None),
    "Kế toán trưởng": ("director", "finance"),
    "Kế toán, trưởng phòng": ("director", "finance"),
    "Phó phòng kỹ thuật": ("manager", "product"),
    "Quản lý kho": ("manager", "operations"),
    "Trưởng nhóm kinh doanh": ("manager", "sales"),
    "Trợ lý giám đốc": ("staff", None),
    "Thư ký Tổng giám đốc": ("staff", None),
    "Nhân viên kinh doanh": ("staff", "sales"),
    "Chuyên viên tuyển dụng": ("staff", "hr"),
    "Kỹ sư phần mềm": ("staff", "it"),
    "Sinh viên": ("student", None),
    "Thực tập sinh marketing": ("student", "marketing"),
    "Nguyên giám đốc": ("other", None),
    # Ukrainian
    "Власник": ("owner", None),
    "Співвласниця": ("owner", None),
    "ФОП": ("owner", None),
    "Засновник компанії": ("owner", None),
    "Генеральний директор": ("c_level", None),
    "Фінансовий директор": ("c_level", "finance"),
    "Комерційний директор": ("c_level", "sales"),
    "ІТ-директор": ("c_level", "it"),
    "Голова правління": ("c_level", None),
    "Директор": ("director", None),
    "Директор з продажу": ("director", "sales"),
    "Заступник директора": ("director", None),
    "КЕРІВНИК відділу закупівель": ("director", "purchasing"),
    "керівник відділу": ("director", None),
    "Начальник юридичного відділу": ("director", "legal"),
    "Головний бухгалтер": ("director", "finance"),
    "Зав. складом": ("director", "operations"),
    "Менеджер з продажу": ("manager", "sales"),
    "Керівник проєктів": ("manager", None),
    "HR-менеджер": ("manager", "hr"),
    "Помічник директора": ("staff", None),
    "Асистентка генерального директора": ("staff", None),
    "Бухгалтер": ("staff", "finance"),
    "Маркетолог": ("staff", "marketing"),
    "Кур'єр": ("staff", "operations"),
    "Кур’єр": ("staff", "operations"),
    "Провідний спеціаліст": ("staff", None),
    "Студентка 3 курсу": ("student", None),
    "Колишній директор": ("other", None),
    # nothing is known of these
    "Contractor": (None, None),
    "Directorate": (None, None),
    "Nguyễn Văn A": (None, None),
    "***": (None, None),
    "": (None, None),
    False: (None, None),
}


@tagged("post_install", "-at_install")
class TestJobTitles(TransactionCase):
    """What the words that come with the add-on tell of job titles."""

    maxDiff = None

    def test_titles_are_understood(self):
        tells = self.env["lead.scoring.title.word"]._understand
        self.assertEqual({title: tells(title) for title in TITLES}, TITLES)

    def test_no_word_is_there_that_another_would_hide(self):
        """Each word of the list, written as a title, tells what it is there for."""
        words = self.env["lead.scoring.title.word"].search([("lang_id", "!=", False)])
        meant = {w.name: (w.rank or None, w.department or None) for w in words}
        told = {name: words._understand(name.replace("*", "qqq")) for name in meant}
        self.assertEqual(told, meant)
